import type { Command } from 'commander';
import { SETTINGS } from '../config/settings.js';
import type { OptionText, Shell } from './framework/command.js';
import { addHelpNotes } from './framework/help.js';
import { addOptions, OUTPUT_OPTIONS } from './framework/options.js';

/** Flags that each command has, and flags by which somebody would be told of this run, which is no job. */
const LEFT_OUT = new Set([...OUTPUT_OPTIONS.map(([flag]) => flag), '--metrics-file <file>', '--ping-url <url>']);

/** The flags of settings, as other commands have them. */
const SETTING_OPTIONS = SETTINGS.flatMap(({ key, flag }): OptionText[] =>
  flag === undefined || LEFT_OUT.has(flag) ? [] : [[flag, `show ${key} as this`]],
);

/** `chartctl config`: what the commands would go by here, and who says so. It asks no database and no exchange. */
export function addConfigCommand(program: Command, { io, finish }: Shell): void {
  const command = program
    .command('config')
    .description('show every setting, its value and who says so; passwords are masked')
    .argument('[symbols...]', 'symbols as if they were given to a command')
    .option('--schema', 'print the JSON Schema of the configuration file');
  addOptions(command, [...SETTING_OPTIONS, ...OUTPUT_OPTIONS]);
  addHelpNotes(command, [
    ['chartctl config', 'what a command would go by in this directory'],
    ['chartctl config --config staging.json --json', 'the same with another file, for programs'],
    ['chartctl config --schema > chartctl.config.schema.json', 'for editors, which complete and check the file by it'],
  ]).action(async (symbols: string[], raw: Record<string, unknown>) => {
    const { showConfig } = await import('./show-config.js');
    finish(await showConfig(io, symbols, raw));
  });
}
