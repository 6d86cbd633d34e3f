import {
  type CommandManual,
  type Entry,
  type ExampleText,
  type Manual,
  oneLine,
  type OptionManual,
  sharedOptionsOf,
  toNoteParts,
  type VariableManual,
} from './manual.js';

/** The manual page, in the man macros, which every formatter of manual pages supports. */
export function formatManPage(manual: Manual): string {
  const { name, version, released, description } = manual;
  const sections = [
    ['NAME', `${escapeRoff(name)} \\- ${escapeRoff(description)}`],
    ['SYNOPSIS', `${bold(name)} ${italic('command')} [${italic('symbols')} ...] [${italic('flags')}]`],
    ['DESCRIPTION', formatDescription(manual)],
    ['COMMANDS', manual.commands.map((command) => formatCommand(name, command)).join('\n')],
    [
      'SHARED FLAGS',
      ['These mean the same in every command that has them.', ...formatOptions(sharedOptionsOf(manual))].join('\n'),
    ],
    ['EXIT STATUS', manual.exitCodes.map(formatEntry).join('\n')],
    ['ENVIRONMENT', manual.environment.map(formatVariable).join('\n')],
    ['FILES', manual.files.map(formatEntry).join('\n')],
    ['EXAMPLES', formatExamples(manual.examples)],
    ['SEE ALSO', ['crontab(5)', 'psql(1)', 'systemd.timer(5)'].map(formatReference).join(',\n')],
  ];
  return [
    '.\\" Made of what the program declares; see formatManPage.',
    `.TH ${name.toUpperCase()} 1 ${released} "${name} ${version}" "User Commands"`,
    '.nh',
    '.ad l',
    ...sections.map(([title, text]) => `.SH ${title}\n${text}`),
    '',
  ].join('\n');
}

function formatDescription({ name, commands, conventions }: Manual): string {
  const groups = [...new Set(commands.map(({ group }) => group))].map((group) => {
    const names = commands.filter((command) => command.group === group).map((command) => bold(command.name));
    return tagged(escapeRoff(group), `${names.join(',\n')}.`);
  });
  const own = `${bold(`${name} help`)} ${italic('command')} shows the flags of one.`;
  return [...conventions.map(escapeRoff), [...groups, '.PP', own].join('\n')]
    .join('\n.PP\n')
    .replaceAll('.PP\n.TP', '.TP');
}

function formatCommand(program: string, command: CommandManual): string {
  const { name, arguments: declared, options, notes, examples } = command;
  const shared = options.filter(({ isShared }) => isShared).flatMap(({ names }) => names.slice(-1));
  return [
    `.SS ${[program, name, ...declared.map(({ text }) => text)].map(escapeRoff).join(' ')}`,
    `${escapeRoff(toSentence(command.description))}`,
    ...declared.map(({ text, description }) => tagged(italic(text), escapeRoff(oneLine(description)))),
    ...formatOptions(options.filter(({ isShared }) => !isShared)),
    '.PP',
    `Shared flags: ${shared.map(bold).join(', ')}.`,
    ...formatNotes(notes),
    ...(examples.length > 0 ? ['.PP', 'Examples:', formatExamples(examples)] : []),
  ].join('\n');
}

function toSentence(description: string): string {
  const text = oneLine(description);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function formatOptions(options: readonly OptionManual[]): string[] {
  return options.map(({ flags, description }) => tagged(formatFlags(flags), escapeRoff(oneLine(description))));
}

/** `--hours <n>` with the option bold and the placeholder italic. */
function formatFlags(flags: string): string {
  return flags.replace(/(-[\w-]+)|([<[][^>\]]*[>\]])|([^-<[]+)/g, (_, flag: string, value: string, rest: string) =>
    flag ? bold(flag) : value ? italic(value) : rest,
  );
}

function formatVariable({ name, flag, key, meaning, default: otherwise }: VariableManual): string {
  const elsewhere = [...(flag ? [flag] : []), ...(key ? [`"${key}" in the configuration file`] : [])];
  const also = elsewhere.length > 0 ? `; also ${elsewhere.join(', ')}` : '';
  const text = `${meaning}${also}${otherwise ? ` (default: ${otherwise})` : ''}`;
  return tagged(bold(name), escapeRoff(oneLine(text).replaceAll('`', '')));
}

function formatEntry([name, meaning]: Entry): string {
  return tagged(bold(name), escapeRoff(oneLine(meaning)));
}

function formatExamples(examples: readonly ExampleText[]): string {
  return examples.map(([line, meaning]) => tagged(bold(line), escapeRoff(oneLine(meaning)))).join('\n');
}

function formatNotes(notes: readonly string[]): string[] {
  return toNoteParts(notes).map((part) =>
    part.kind === 'text' ? `.PP\n${escapeRoff(part.text)}` : tagged(bold(part.word), escapeRoff(part.meaning)),
  );
}

function formatReference(reference: string): string {
  const [, page = '', section = ''] = /^(.+)(\(\d\))$/.exec(reference) ?? [];
  return `${bold(page)}${section}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\[rs]',
  '-': '\\-', // a hyphen is printed as another character, which cannot be searched for or copied
  "'": '\\[aq]',
  '`': '\\[ga]',
  '^': '\\[ha]',
  '~': '\\[ti]',
};

/**
 * Plain text for a manual page: every character of it is printed as it is.
 *
 * @example escapeRoff('.env is a-b') // '\&.env is a\-b'
 */
function escapeRoff(text: string): string {
  return text
    .replace(/[\\\-'`^~]/g, (character) => ESCAPES[character]!)
    .replace(
      /[^\x20-\x7e\n]/gu,
      (character) => `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^(?=\.)/gm, '\\&');
}

/** Bold, for literal text. */
function bold(text: string): string {
  return `\\fB${escapeRoff(text)}\\fR`;
}

/** Italic, for placeholders. */
function italic(text: string): string {
  return `\\fI${escapeRoff(text)}\\fR`;
}

/** A tagged paragraph: the term, then its description, indented. */
function tagged(tag: string, text: string): string {
  return `.TP\n${tag}\n${text}`;
}
