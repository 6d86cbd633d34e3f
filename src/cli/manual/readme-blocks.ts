import type { CommandManual, Manual, OptionManual } from './manual.js';
import { code, formatMarkdownTable, toMarkdown } from './markdown.js';
import { sharedOptionsOf } from './shared-options.js';

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
