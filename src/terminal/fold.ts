import { displayWidth } from './text.js';

/**
 * A text in lines of at most `columns` terminal cells, broken between words. A longer word has a line of its own.
 *
 * @param indent before every line but the first, which keeps its own
 */
export function foldText(text: string, columns: number, indent = ''): string[] {
  if (displayWidth(text) <= columns) return [text];
  const [start = ''] = /^ */.exec(text) ?? [];
  const lines: string[] = [];
  for (const word of text.slice(start.length).split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && displayWidth(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push((lines.length === 0 ? start : indent) + word);
  }
  return lines;
}

/**
 * A line that ends with a command, such as `do: chartctl clean --all` or a sentence and the command for it; the command
 * includes the variables and the `npx` before it.
 */
const WITH_COMMAND = /^( *)(.*?)((?:[A-Z_]+=\S* )*(?:npx )?chartctl [a-z-]+ .*)$/;
/** A word of a sentence that only mentions a command: arguments are flags, their values, symbols, times and paths. */
const PROSE = /^[a-z]+[,;.:]?$/;
/** Commands whose first argument is such a word. */
const TAKES_WORD = /^chartctl (schedule|completion|help) /;
/** What stands before a command on its line. */
const MAX_LABEL = /^ *(note: )?[a-z ]{0,24}: $/;

/**
 * Lines for a terminal of a width, broken between words. Commands are continued with a backslash, so that they can be
 * copied; a command with quotes, in which a word may hold spaces, stays on one line.
 */
export function foldLines(lines: readonly string[], columns = Infinity): string[] {
  return lines.flatMap((line) => {
    if (displayWidth(line) <= columns) return [line];
    const [, start = '', before = '', command] = WITH_COMMAND.exec(line) ?? [];
    const indent = `${/^ */.exec(line)?.[0] ?? ''}  `;
    const unquoted = command?.replaceAll(/'[^']*'|"[^"]*"/g, 'QUOTED');
    if (!command || !unquoted?.split(' && ').every(isCommand)) return foldText(line, columns, indent);
    if (unquoted !== command) return [line];
    if (MAX_LABEL.test(before)) return foldCommand(start + before, command, columns);
    return [...foldText(start + before.trimEnd(), columns, indent), ...foldCommand(indent, command, columns)];
  });
}

function isCommand(text: string): boolean {
  const command = text.slice(Math.max(0, text.indexOf('chartctl ')));
  const words = command.split(' ').slice(TAKES_WORD.test(command) ? 3 : 2);
  return words.every((word, i) => !PROSE.test(word) || words[i - 1]?.startsWith('--'));
}

/** The room for a backslash at the end of a line. */
const BACKSLASH = ' \\';

function foldCommand(label: string, command: string, columns: number): string[] {
  const indent = ' '.repeat(displayWidth(label) + 2);
  const lines = foldText(label + command, columns - BACKSLASH.length, indent);
  return lines.map((line, i) => (i < lines.length - 1 ? line + BACKSLASH : line));
}
