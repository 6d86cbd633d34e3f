import { Command as Declaration, CommanderError } from 'commander';
import { findNearestWord } from '../../config/nearest-word.js';
import { Failure } from '../../core/failure.js';
import { VERSION } from '../../core/version.js';
import type { Command, CommandGroups } from './command.js';
import type { OptionText } from './options/options.js';
import { addHelpNotes } from './help.js';

const EXAMPLES = [
  ['chartctl demo', 'a first look, without a database'],
  ['chartctl backfill BTCUSDT --hours 12', 'fill the past 12 hours'],
  ['chartctl ingest --all --if-locked skip', 'every minute, from cron'],
  ['chartctl backfill --help', "a command's flags and examples"],
] as const;

/** A command with the words and options that were typed after its name. */
export interface ParsedCall {
  command: Command;
  args: readonly string[];
  raw: Readonly<Record<string, unknown>>;
}

/**
 * A command line: the text of `--help` or `--version`, or a call.
 *
 * @throws Failure (usage) when it is neither
 */
export function parseCommandLine(groups: CommandGroups, argv: readonly string[]): string | ParsedCall {
  const help: string[] = [];
  let call: ParsedCall | undefined;
  const program = createProgram(groups, {
    only: argv[0],
    onHelp: (text) => help.push(text),
    onCall: (parsed) => (call = parsed),
  });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw toUsageFailure(error, groups, argv);
  }
  return call ?? help.join('');
}

/** The command that a command line is about, also one that is wrong otherwise. */
export function findCommand(groups: CommandGroups, argv: readonly string[]): Command | undefined {
  const commands = Object.values(groups).flat();
  return commands.find(({ name }) => name === argv[0]) ?? commands.find(({ name }) => argv.includes(name));
}

/** The value of `--flag value` or `--flag=value`, the last one if it is repeated. */
export function scanFlag(argv: readonly string[], flag: string): string | undefined {
  const place = argv.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`));
  const word = argv[place];
  return word === flag ? argv[place + 1] : word?.slice(flag.length + 1);
}

interface ProgramOptions {
  /** Declares this command alone, if there is one of this name: to declare all takes as long as a few statements. */
  only?: string | undefined;
  /** Takes the text of `--help` and `--version`; commander then throws. */
  onHelp?: (text: string) => void;
  onCall?: (call: ParsedCall) => void;
}

/** The commands as commander parses and describes them. */
export function createProgram(groups: CommandGroups, options: ProgramOptions = {}): Declaration {
  const { only, onHelp = () => undefined, onCall = () => undefined } = options;
  const program = new Declaration('chartctl')
    .description("keeps a trading platform's rolling 1-minute chart data in PostgreSQL right")
    .version(VERSION, '-V, --version', 'print the version')
    .helpCommand(false) // commander's own ignores a name that it does not know
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      longestArgumentTermLength: () => 0, // a long choice such as <crontab|systemd|...> must not push all flags aside
      minWidthToWrap: 30,
    })
    .exitOverride()
    // commander's messages about wrong usage arrive as errors
    .configureOutput({ writeOut: onHelp, writeErr: () => undefined });
  addHelpNotes(program, EXAMPLES);
  const isKnown = Object.values(groups).some((commands) => commands.some(({ name }) => name === only));
  for (const [heading, commands] of Object.entries(groups)) {
    program.commandsGroup(`${heading}:`);
    for (const command of commands) if (!isKnown || command.name === only) declare(program, command, onCall);
  }
  return program;
}

function declare(program: Declaration, command: Command, onCall: (call: ParsedCall) => void): void {
  const declared = program
    .command(command.name, { hidden: command.isHidden === true })
    .description(command.description);
  for (const [argument, meaning] of command.arguments ?? []) declared.argument(argument, meaning);
  addOptions(declared, command.options);
  if (command.examples.length > 0) addHelpNotes(declared, command.examples, command.notes);
  declared.action(() => onCall({ command, args: declared.args, raw: declared.opts() }));
}

/** An option that ends in `...` may be repeated. */
function addOptions(declared: Declaration, options: readonly OptionText[]): void {
  const collect = (value: string, before: string[] = []) => [...before, value];
  for (const [flag, description] of options) {
    if (flag.endsWith('...')) declared.option(flag.slice(0, -3), description, collect);
    else declared.option(flag, description);
  }
}

function toUsageFailure(error: CommanderError, groups: CommandGroups, argv: readonly string[]): Failure {
  if (error.code === 'commander.help') {
    return new Failure('usage', 'no command was named', { hint: 'see: chartctl --help' });
  }
  const [message = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
  if (error.code === 'commander.unknownCommand') {
    const suggested = suggestCommand(groups, argv.find((word) => !word.startsWith('-')) ?? '');
    return new Failure('usage', message, { hint: suggested ? `did you mean ${suggested}?` : 'see: chartctl --help' });
  }
  const command = findCommand(groups, argv);
  const help = `see: chartctl ${command ? `${command.name} ` : ''}--help`;
  return new Failure('usage', message, { hint: hints.join(' ').replace(/^\(|\)$/g, '') || help });
}

/** The command that was probably meant: by another word for it, the beginning of its name, or a slip of the keyboard. */
export function suggestCommand(groups: CommandGroups, word: string): string | undefined {
  const typed = word.toLowerCase();
  if (typed === 'version') return 'chartctl --version';
  const commands = Object.values(groups)
    .flat()
    .filter(({ isHidden }) => !isHidden);
  const byWord = commands.find(({ otherNames }) => otherNames?.includes(typed));
  const begun = commands.filter(({ name }) => typed.length > 1 && name.startsWith(typed));
  const nearest = findNearestWord(
    typed,
    commands.map(({ name }) => name),
  );
  const name = byWord?.name ?? (begun.length === 1 ? begun[0]!.name : nearest);
  return name && `chartctl ${name}`;
}

/** What is printed instead of an error when nothing was typed but the program's name. */
export function formatShortHelp(): string {
  const column = Math.max(...EXAMPLES.map(([line]) => line.length)) + 2;
  const lines = EXAMPLES.map(([line, meaning]) => `  ${line.padEnd(column)}${meaning}`);
  return ['no command was named, such as', ...lines, 'all commands: chartctl --help', ''].join('\n');
}
