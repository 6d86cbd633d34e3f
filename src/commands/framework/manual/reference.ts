import type { RuleOption } from '../../../quality/rules/rule.js';
import { CLEAN_RULE_NAMES, RULES } from '../../../quality/rules/rules.js';
import { displayWidth } from '../../../terminal/text.js';
import { commonMembers } from '../document/document.js';
import type { JsonSchema } from '../document/shape.js';
import { type CommandManual, type Manual, type OptionManual, sharedOptionsOf } from './manual.js';

const BEGIN = /<!-- npm run docs: (.+?) -->/g;
const END = '<!-- end -->';

/** The reference of the commands: a section for each command, also for one that has none yet, with its block filled. */
export function fillReference(page: string, manual: Manual): string {
  const missing = manual.commands.filter(({ name }) => !page.includes(`<!-- npm run docs: ${name} -->`));
  const sections = missing.map(({ name, description }) => {
    const text = `${description.charAt(0).toUpperCase()}${description.slice(1)}.`;
    return `\n### ${manual.name} ${name}\n\n${toMarkdown(text)}\n\n<!-- npm run docs: ${name} -->\n${END}\n`;
  });
  return fillBlocks(`${page.trimEnd()}\n${sections.join('')}`, manual);
}

/**
 * A page with everything between `<!-- npm run docs: NAME -->` and `<!-- end -->` replaced by the block of that name.
 *
 * @throws Error when a block is not known, or its end is not marked
 */
export function fillBlocks(page: string, manual: Manual): string {
  const blocks = formatReferenceBlocks(manual);
  let filled = '';
  let at = 0;
  for (const { 0: begin, 1: name = '', index } of page.matchAll(BEGIN)) {
    const block = blocks.get(name);
    if (block === undefined) throw new Error(`there is no block "${name}" for "${begin}"`);
    const end = page.indexOf(END, index);
    if (end === -1) throw new Error(`"${begin}" is not followed by "${END}"`);
    filled += `${page.slice(at, index)}${begin}\n\n${block}\n\n${END}`;
    at = end + END.length;
  }
  return filled + page.slice(at);
}

/** The parts of the documentation that are generated from the declarations, by the name in their markers. */
function formatReferenceBlocks(manual: Manual): Map<string, string> {
  const exitCodes = manual.exitCodes.map(([exit, text]) => [exit, toMarkdown(text)]);
  return new Map([
    ['commands', formatCommandTable(manual)],
    ['settings', formatSettings(manual)],
    ['rules', formatRules()],
    ['exit codes', formatMarkdownTable(['code', 'meaning'], exitCodes)],
    ['shared flags', formatSharedFlags(manual)],
    ['json members', formatCommonMembers()],
    ...manual.commands.map((command) => [command.name, formatCommand(manual.name, command)] as const),
  ]);
}

/** A row for each command, for pages at the top of the repository. */
function formatCommandTable({ name: program, commands }: Manual): string {
  const rows = commands.map(({ name, description, examples }) => [
    `[${name}](src/commands/README.md#${program}-${name})`,
    toMarkdown(description),
    code(examples[0]?.[0] ?? ''),
  ]);
  return formatMarkdownTable(['command', 'what it does', 'example'], rows);
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

/** The commands that have an option: all, all but a few, or a few. */
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

/** The rules of `clean`, those that are on by default first. */
function formatRules(): string {
  const names = CLEAN_RULE_NAMES.toSorted((a, b) => Number(RULES[b].isDefault) - Number(RULES[a].isDefault));
  const rows = names.map((name) => {
    const { description, isDefault, options } = RULES[name];
    const flags = Object.values<RuleOption>(options).map(({ flag, default: value }) => `${code(flag)}: ${value}`);
    return [code(name), isDefault ? 'on' : 'off', toMarkdown(description), flags.join(', ')];
  });
  return formatMarkdownTable(['rule', 'by default', 'flags', 'option and its default'], rows);
}

/** The members that the JSON documents of all commands have. */
function formatCommonMembers(): string {
  const rows = Object.entries<{ schema: JsonSchema }>(commonMembers('ingest')).map(([name, { schema }]) => [
    code(name),
    formatType(name, schema),
    toMarkdown(String(schema.description)),
  ]);
  return formatMarkdownTable(['member', 'type', 'meaning'], rows);
}

function formatType(name: string, { type }: JsonSchema): string {
  if (name === 'command') return 'string or null';
  if (name === 'exitCode') return 'integer';
  return Array.isArray(type) ? type.join(' or ') : String(type);
}

function toRow({ flags, description }: OptionManual): string[] {
  return [code(flags), toMarkdown(description)];
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Plain text as Markdown that shows the same text; options, variables and text in backticks are set as code.
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

/** Text as code, without Markdown in it. */
function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`';
  return `${fence}${text}${fence}`;
}

/** A table in the format of Prettier; a `|` in a cell is escaped. */
function formatMarkdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = titles.map((_, i) => Math.max(3, ...lines.map((cells) => displayWidth(cells[i]!))));
  const format = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell + ' '.repeat(widths[i]! - displayWidth(cell))).join(' | ')} |`;
  const [head, ...body] = lines.map(format);
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n');
}
