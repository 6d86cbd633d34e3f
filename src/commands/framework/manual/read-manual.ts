import type { Argument, Command, Option } from 'commander';
import type { Setting, SettingValue } from '../../../config/setting.js';
import { ENVIRONMENT_ONLY, SETTINGS } from '../../../config/settings.js';
import { EXIT_CODE_MEANINGS, EXIT_CODES } from '../../../core/failure.js';
import { RELEASED, VERSION } from '../../../core/version.js';
import { getHelpNotes } from '../help.js';
import { JOB_OPTIONS, READ_ONLY_OPTIONS } from '../options/options.js';
import {
  type ArgumentManual,
  type CommandManual,
  type Entry,
  type Manual,
  type OptionManual,
  toValueKind,
  type ValueKind,
  type VariableManual,
} from './manual.js';

/** The help of a program with all its commands as data, without hidden commands and options. */
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
    examples: getHelpNotes(program).examples,
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
    ...getHelpNotes(command),
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
  const isShared = [...JOB_OPTIONS, ...READ_ONLY_OPTIONS].some(
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

/** The values of an option whose setting is a list of fixed words. */
function choicesOf(flags: string): readonly string[] | undefined {
  return SETTINGS.find(({ flag }) => flag === flags)?.schema.items?.enum;
}

/** Paragraphs about all commands. */
const CONVENTIONS: readonly string[] = [
  'Symbols are arguments, or come from --symbols-file, or are all that the database holds (--all), or those that are ' +
    'configured (CHARTCTL_SYMBOLS, else "symbols" in the configuration file). Times are ISO 8601 with Z or an offset, or a date, which is its midnight in UTC. Ranges are half-open: ' +
    '--from is in, --to is not; without --to they end now.',
  'Results go to standard output, messages and progress to standard error. With --json standard output is one JSON ' +
    'document, on failure too.',
  'Every write is one transaction: a command that was stopped is run again and goes on.',
  'A flag wins over the environment, that over .env in the working directory, that over the configuration file, that ' +
    'over the default.',
];

const FILES: readonly Entry[] = [
  ['chartctl.config.json', 'settings; the nearest one from the working directory upward, else that of --config'],
  ['.env', 'variables of the environment that are not set, one NAME=value a line; in the working directory'],
  ['~/.local/share/chartctl', 'the embedded database on Linux, where DATABASE_URL is not set'],
];

/** Each exit code with its meaning, by number. */
function describeExitCodes(): Entry[] {
  const kinds = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[];
  return kinds
    .sort((a, b) => EXIT_CODES[a] - EXIT_CODES[b])
    .map((kind) => [String(EXIT_CODES[kind]), EXIT_CODE_MEANINGS[kind]]);
}

/** Every variable that the program reads: secrets first, then the settings in their order. */
function describeVariables(): VariableManual[] {
  const secrets = ENVIRONMENT_ONLY.map(({ variable, meaning }) => ({
    name: variable,
    flag: undefined,
    key: undefined,
    meaning,
    default: '',
  }));
  const settings = SETTINGS.map((setting: Setting) => ({
    name: setting.variable,
    flag: setting.flag,
    key: setting.key,
    meaning: setting.meaning,
    default: setting.defaultText ?? formatDefault(setting.default),
  }));
  return [...secrets, ...settings, ...OTHER_VARIABLES];
}

/** Variables that are not settings. */
const OTHER_VARIABLES: readonly VariableManual[] = [
  { name: 'CHARTCTL_CONFIG', flag: '--config <file>', key: undefined, meaning: 'the configuration file', default: '' },
  {
    name: 'HTTPS_PROXY',
    flag: undefined,
    key: undefined,
    meaning: 'the proxy for exchanges, monitors and webhooks; also HTTP_PROXY, ALL_PROXY, and NO_PROXY, as in curl',
    default: '',
  },
  { name: 'NO_COLOR', flag: '--no-color', key: undefined, meaning: 'no colours, unless it is empty', default: '' },
];

function formatDefault(value: SettingValue | undefined): string {
  return typeof value === 'object' ? value.join(',') : String(value ?? '');
}
