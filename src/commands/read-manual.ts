import type { Argument, Command, Option } from 'commander';
import type { ArgumentManual, CommandManual, Manual, OptionManual } from '../cli/manual/manual.js';
import { toValueKind, type ValueKind } from '../cli/manual/value-kind.js';
import { SETTINGS } from '../core/settings.js';
import { RELEASED, VERSION } from '../core/version.js';
import { helpNotesOf } from './help-notes.js';
import { CONVENTIONS, describeExitCodes, describeVariables, FILES } from './manual-facts.js';
import { QUESTION_OPTIONS, SHARED_OPTIONS } from './shared-options.js';

/** What the help of a program with all its commands says, as data; hidden commands and flags are left out. */
export function readManual(program: Command): Manual {
  const visible = program.createHelp().visibleCommands(program);
  const commands = visible.filter((command) => command.name() !== 'help').map(readCommand);
  const help = visible.find((command) => command.name() === 'help');
  if (!help) throw new Error('the program has no help command');
  const names: ValueKind = { kind: 'words', words: commands.map(({ name }) => name) };
  const { arguments: asked, ...rest } = readCommand(help);
  return {
    name: program.name(),
    version: VERSION,
    description: program.description(),
    options: readOptions(program),
    examples: helpNotesOf(program).examples,
    commands,
    help: { ...rest, arguments: asked.map((argument) => ({ ...argument, values: names })) },
    conventions: CONVENTIONS,
    exitCodes: describeExitCodes(),
    environment: describeVariables(),
    files: FILES,
    released: RELEASED,
  };
}

function readCommand(command: Command): CommandManual {
  return {
    name: command.name(),
    group: command.helpGroup().replace(/:$/, ''),
    description: command.description(),
    arguments: command.registeredArguments.map(readArgument),
    options: readOptions(command),
    ...helpNotesOf(command),
  };
}

function readArgument(argument: Argument): ArgumentManual {
  const { argChoices, description, required, variadic } = argument;
  const name = argument.name();
  const inside = variadic ? `${name}...` : name;
  return {
    text: required ? `<${inside}>` : `[${inside}]`,
    description,
    isVariadic: variadic,
    values: toValues(name, argChoices),
  };
}

function readOptions(command: Command): OptionManual[] {
  return command.createHelp().visibleOptions(command).map(readOption);
}

function readOption({ flags, short, long, description, argChoices, parseArg }: Option): OptionManual {
  const [, value] = /[<[]([^>\]]+)[>\]]/.exec(flags) ?? [];
  const isShared = [...SHARED_OPTIONS, ...QUESTION_OPTIONS].some(
    ([declared, meaning]) => declared === flags && meaning === description,
  );
  return {
    flags,
    names: [short, long].filter((name) => name !== undefined),
    description,
    values: value === undefined ? undefined : toValues(value.replace(/\.\.\.$/, ''), argChoices ?? choicesOf(flags)),
    isRepeated: parseArg !== undefined,
    isShared: isShared || long === '--help',
  };
}

function toValues(name: string, choices: readonly string[] | undefined): ValueKind {
  return choices ? { kind: 'words', words: choices } : toValueKind(name);
}

/** What a flag may be whose setting is a list of fixed words. */
function choicesOf(flags: string): readonly string[] | undefined {
  return SETTINGS.find(({ flag }) => flag === flags)?.schema.items?.enum;
}
