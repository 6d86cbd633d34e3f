import type { Command } from 'commander';
import { Failure } from '../../core/failure.js';
import type { Example } from './command.js';
import { type CommandManual, type ExampleText, type NotePart, toNoteParts } from './manual/manual.js';

/** What stands below the flags in a command's help: notes and examples, in lines of at most `width`. */
export function formatHelpText({ notes, examples }: Pick<CommandManual, 'notes' | 'examples'>, width: number): string {
  const parts = toNoteParts(notes);
  const column = 4 + Math.max(0, ...parts.map((part) => (part.kind === 'entry' ? part.word.length : 0)));
  const lines = parts.flatMap((part, i) => [
    ...(part.kind === 'text' || i === 0 ? [''] : []),
    ...formatPart(part, column, width),
  ]);
  return [...lines, '', 'Examples:', ...formatExamples(examples, width)].join('\n');
}

function formatPart(part: NotePart, column: number, width: number): string[] {
  if (part.kind === 'text') return wrap(part.text, width);
  const [first = '', ...others] = wrap(part.meaning, width - column);
  return [`  ${part.word}`.padEnd(column) + first, ...others.map((line) => ' '.repeat(column) + line)];
}

/** Beside each line what it does; below it when one of them would not fit. */
function formatExamples(examples: readonly ExampleText[], width: number): string[] {
  const column = 4 + Math.max(...examples.map(([line]) => line.length));
  const fits = examples.every(([, meaning]) => column + meaning.length <= width);
  return examples.flatMap(([line, meaning]) =>
    fits
      ? [`  ${line}`.padEnd(column) + meaning]
      : [`  ${line}`, ...wrap(meaning, width - 6).map((text) => `      ${text}`)],
  );
}

/** Text in lines of at most `width` where its words allow. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** What a command's help says below its flags. */
export interface HelpNotes {
  notes: readonly string[];
  examples: readonly Example[];
}

const NOTES = new WeakMap<Command, HelpNotes>();
/** Where no terminal says how wide it is. */
const WIDTH = 80;

/** Puts notes and examples below a command's help, and remembers them for the other manuals. */
export function addHelpNotes(command: Command, examples: readonly Example[], notes: readonly string[] = []): Command {
  NOTES.set(command, { notes, examples });
  return command.addHelpText('after', () =>
    formatHelpText({ notes, examples }, command.configureOutput().getOutHelpWidth?.() ?? WIDTH),
  );
}

/** What `addHelpNotes` said of a command. */
export function helpNotesOf(command: Command): HelpNotes {
  return NOTES.get(command) ?? { notes: [], examples: [] };
}

/** `chartctl help [command]`: as `--help`; commander's own takes a name that it does not know for none. */
export function addHelpCommand(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .description("show all commands, or one command's flags and examples")
    .argument('[command]', 'its name')
    .action((name?: string) => {
      const asked = name === undefined ? program : program.commands.find((command) => command.name() === name);
      if (asked) return asked.outputHelp();
      throw new Failure('usage', `unknown command '${name}'`, { hint: 'see: chartctl --help' });
    });
}
