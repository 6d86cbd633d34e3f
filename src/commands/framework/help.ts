import type { Command } from 'commander';
import type { Example } from './command.js';
import { type CommandManual, type ExampleText, type NotePart, toNoteParts } from './manual/manual.js';

/** The notes and examples below the options in a command's help, in lines of at most `width`. */
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

/** The meaning beside each command line; below it when one of them would not fit. */
function formatExamples(examples: readonly ExampleText[], width: number): string[] {
  const column = 4 + Math.max(...examples.map(([line]) => line.length));
  const fits = examples.every(([, meaning]) => column + meaning.length <= width);
  return examples.flatMap(([line, meaning]) =>
    fits
      ? [`  ${line}`.padEnd(column) + meaning]
      : [`  ${line}`, ...wrap(meaning, width - 6).map((text) => `      ${text}`)],
  );
}

/** Text in lines of at most `width`; a longer word has a line of its own. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** The part of a command's help below its options. */
interface HelpNotes {
  notes: readonly string[];
  examples: readonly Example[];
}

const NOTES = new WeakMap<Command, HelpNotes>();
const DEFAULT_WIDTH = 80;

/** Adds notes and examples to a command's help, and keeps them for the manuals. */
export function addHelpNotes(command: Command, examples: readonly Example[], notes: readonly string[] = []): Command {
  NOTES.set(command, { notes, examples });
  return command.addHelpText('after', () =>
    formatHelpText({ notes, examples }, command.configureOutput().getOutHelpWidth?.() ?? DEFAULT_WIDTH),
  );
}

/** The notes that `addHelpNotes` added to a command. */
export function getHelpNotes(command: Command): HelpNotes {
  return NOTES.get(command) ?? { notes: [], examples: [] };
}
