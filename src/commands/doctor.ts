import type { Command } from 'commander';
import type { OptionText, Shell } from './framework/command.js';
import { addHelpNotes } from './framework/help.js';
import { addOptions, METRICS_OPTIONS, OUTPUT_OPTIONS, SYMBOL_OPTIONS } from './framework/options.js';

const OPTIONS: readonly OptionText[] = [
  ...SYMBOL_OPTIONS,
  ...METRICS_OPTIONS.map(([flag]) => [flag, 'look whether this file can be written'] as const),
  ...OUTPUT_OPTIONS,
];

/** `chartctl doctor`: what keeps commands from their work, and what to do about it. */
export function addDoctorCommand(program: Command, shell: Shell): void {
  const command = program
    .command('doctor')
    .description(
      'look at configuration, database, exchanges, clocks and schedule; say what to do about each; changes nothing',
    )
    .argument(
      '[symbols...]',
      'symbols such as BTCUSDT; without any: those that are configured, else all in the database',
    );
  addOptions(command, OPTIONS);
  addHelpNotes(command, [
    ['chartctl doctor', 'everything, in twelve seconds at the most'],
    ['chartctl doctor --json', 'the same for programs; exit 0 when nothing but warnings was found'],
  ]).action(async (symbols: string[], raw: Record<string, unknown>) => {
    const { runDoctor } = await import('./run-doctor.js');
    shell.finish(await runDoctor(shell.io, symbols, raw));
  });
}
