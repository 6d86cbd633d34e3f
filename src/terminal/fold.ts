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

/** A line that ends with a command, such as `do: chartctl clean --all` or a sentence and the command for it. */
const WITH_COMMAND = /^( *)(.*?)(chartctl [a-z-]+ .*)$/;
/** What stands before a command on its line. */
const MAX_LABEL = /^ *(note: )?[a-z ]{0,24}: $/;

/**
 * Lines for a terminal of a width, broken between words. Commands are continued with a backslash, so that they can be
 * copied.
 */
export function foldLines(lines: readonly string[], columns = Infinity): string[] {
  return lines.flatMap((line) => {
    if (displayWidth(line) <= columns) return [line];
    const [, start = '', before = '', command] = WITH_COMMAND.exec(line) ?? [];
    const indent = `${/^ */.exec(line)?.[0] ?? ''}  `;
    if (command === undefined || /['"]/.test(command)) return foldText(line, columns, indent);
    if (MAX_LABEL.test(before)) return foldCommand(start + before, command, columns);
    return [...foldText(start + before.trimEnd(), columns, indent), ...foldCommand(indent, command, columns)];
  });
}

/** The room for a backslash at the end of a line. */
const BACKSLASH = ' \\';

function foldCommand(label: string, command: string, columns: number): string[] {
  const indent = ' '.repeat(displayWidth(label) + 2);
  const lines = foldText(label + command, columns - BACKSLASH.length, indent);
  return lines.map((line, i) => (i < lines.length - 1 ? line + BACKSLASH : line));
}
