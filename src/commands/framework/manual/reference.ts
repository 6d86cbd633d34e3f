import { displayWidth } from '../../../terminal/text.js';
import { type CommandManual, type Manual, type OptionManual, sharedOptionsOf } from './manual.js';

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

/** The parts of the README that repeat what the program declares, by the name in their markers. */
export function formatReadmeBlocks(manual: Manual): Map<string, string> {
  return new Map([
    ['settings', formatSettings(manual)],
    [
      'exit codes',
      formatMarkdownTable(
        ['code', 'meaning'],
        manual.exitCodes.map(([exit, text]) => [exit, toMarkdown(text)]),
      ),
    ],
    ['shared flags', formatSharedFlags(manual)],
    ...manual.commands.map((command) => [command.name, formatCommand(manual.name, command)] as const),
  ]);
}

/** The line of links to the commands' sections, of those that have one. */
export function formatCommandLinks({ name, commands }: Manual, readme: string): string {
  const found = commands.filter((command) => readme.includes(`\n### ${name} ${command.name}\n`));
  const links = found.map((command) => `[${command.name}](#${name}-${command.name})`);
  return `- [Commands](#commands): ${links.join(' · ')}`;
}

function formatCommand(program: string, { name, arguments: declared, options, examples }: CommandManual): string {
  const own = options.filter(({ isShared }) => !isShared);
  const shared = options.filter(({ isShared }) => isShared).map(({ names }) => code(names.at(-1)!));
  const synopsis = [program, name, ...declared.map(({ text }) => text), '[flags]'].join(' ');
  const width = Math.max(...examples.map(([line]) => line.length));
  return [
    `<details><summary><code>${escapeHtml(synopsis)}</code></summary>`,
    ...declared.map(({ text, description }) => `${code(text)}: ${toMarkdown(description)}.`),
    ...(own.length > 0 ? [formatMarkdownTable(['flag', 'meaning'], own.map(toRow))] : []),
    `[Shared flags](#shared-flags): ${shared.join(', ')}.`,
    ['```sh', ...examples.map(([line, meaning]) => `${line.padEnd(width)}  # ${meaning}`), '```'].join('\n'),
    '</details>',
  ].join('\n\n');
}

function formatSharedFlags(manual: Manual): string {
  const rows = sharedOptionsOf(manual).map((option) => [...toRow(option), formatOwners(manual, option)]);
  return formatMarkdownTable(['flag', 'meaning', 'of'], rows);
}

/** Which commands have a flag: all, all but a few, or a few. */
function formatOwners({ commands }: Manual, { flags }: OptionManual): string {
  const has = ({ options }: CommandManual) => options.some((option) => option.isShared && option.flags === flags);
  const without = commands.filter((command) => !has(command)).map(({ name }) => name);
  const owners = commands.filter(has).map(({ name }) => name);
  if (without.length === 0) return 'all';
  return without.length < owners.length ? `all but ${without.join(', ')}` : owners.join(', ');
}

function formatSettings({ environment }: Manual): string {
  const rows = environment.map(({ name, key, meaning, default: otherwise }) => [
    code(name),
    key ? code(key) : '',
    toMarkdown(meaning) + (otherwise ? ` (default: ${code(otherwise)})` : ''),
  ]);
  return formatMarkdownTable(['variable', 'in the file', 'meaning'], rows);
}

function toRow({ flags, description }: OptionManual): string[] {
  return [code(flags), toMarkdown(description)];
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const END = '<!-- end -->';

/**
 * The README with what repeats the declarations brought up to date: the line of links to the commands, and everything
 * between a pair of markers, `<!-- npm run docs: NAME -->` and `<!-- end -->`.
 *
 * A command's section that has no markers yet gets them at its end. All else stays as it is written.
 */
export function fillReadme(readme: string, manual: Manual): string {
  const linked = readme.replace(/^- \[Commands\]\(#commands\):.*$/m, () => formatCommandLinks(manual, readme));
  return [...formatReadmeBlocks(manual)].reduce(
    (text, [name, block]) => fillBlock(text, manual.name, name, block),
    linked,
  );
}

function fillBlock(text: string, program: string, name: string, block: string): string {
  const begin = `<!-- npm run docs: ${name} -->`;
  const whole = `${begin}\n\n${block}\n\n${END}`;
  const from = text.indexOf(begin);
  if (from === -1) return appendToSection(text, `### ${program} ${name}`, whole);
  const to = text.indexOf(END, from);
  if (to === -1) throw new Error(`README.md: "${begin}" is not followed by "${END}"`);
  return text.slice(0, from) + whole + text.slice(to + END.length);
}

/** The text with a block at the end of a section; unchanged where there is no such section. */
function appendToSection(text: string, heading: string, block: string): string {
  const lines = text.split('\n');
  const headings = findHeadings(lines);
  const at = headings.find((place) => lines[place] === heading);
  if (at === undefined) return text;
  const end = headings.find((place) => place > at) ?? lines.length;
  const section = lines.slice(0, end).join('\n').trimEnd();
  return [section, block, lines.slice(end).join('\n')].join('\n\n').trimEnd() + '\n';
}

/** The lines that are headings: what looks like one inside a block of code is a comment there. */
function findHeadings(lines: readonly string[]): number[] {
  let isCode = false;
  return [...lines.keys()].filter((place) => {
    if (lines[place]!.startsWith('```')) isCode = !isCode;
    return !isCode && /^#{1,3} /.test(lines[place]!);
  });
}
