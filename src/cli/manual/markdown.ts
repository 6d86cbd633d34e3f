import { displayWidth } from '../display-width.js';

/**
 * Plain text as Markdown that shows just that; what looks like a flag, a variable or a file is set as code.
 *
 * @example toMarkdown('with --dry-run: URL/<code> | all') // 'with `--dry-run`: URL/\<code> | all'
 */
export function toMarkdown(text: string): string {
  const parts = text
    .trim()
    .replace(/\s+/g, ' ')
    .split(/(`[^`]*`|(?<![\w-])--[a-z][\w-]*|\b[A-Z]+_[A-Z_]+\b)/);
  return parts
    .map((part, i) => (i % 2 === 0 ? part.replace(/[\\*_<[\]]/g, '\\$&') : code(part.replaceAll('`', ''))))
    .join('');
}

/** Text as code: nothing in it means anything. */
export function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`';
  return `${fence}${text}${fence}`;
}

/** A table with its columns aligned as Prettier leaves them; a `|` in a cell is escaped. */
export function formatMarkdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = titles.map((_, i) => Math.max(3, ...lines.map((cells) => displayWidth(cells[i]!))));
  const format = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell + ' '.repeat(widths[i]! - displayWidth(cell))).join(' | ')} |`;
  const [head, ...body] = lines.map(format);
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n');
}
