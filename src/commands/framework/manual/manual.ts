/** The values that `<csv|jsonl>`, `<file>` or `[symbols...]` in a declaration stands for. */
export type ValueKind =
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'files' }
  | { kind: 'folders' }
  | { kind: 'symbols' }
  | { kind: 'anything' };

const KINDS: Readonly<Record<string, 'files' | 'folders' | 'symbols'>> = {
  file: 'files',
  path: 'files',
  folder: 'folders',
  directory: 'folders',
  symbol: 'symbols',
  symbols: 'symbols',
  SYMBOL: 'symbols',
};

/** Words among the choices of a declaration that are placeholders themselves. */
const PLACEHOLDERS = new Set(['time', 'n', 'number', 'name', 'text', 'url']);

/**
 * The kind of value by the name of an argument in a declaration.
 *
 * @example toValueKind('csv|jsonl') // { kind: 'words', words: ['csv', 'jsonl'] }
 * @example toValueKind('n') // { kind: 'anything' }
 */
export function toValueKind(name: string): ValueKind {
  const parts = name.split('|');
  const kind = parts.map((part) => KINDS[part]).find((known) => known !== undefined);
  if (kind) return { kind };
  const words = parts.filter((part) => !PLACEHOLDERS.has(part));
  return parts.length > 1 ? { kind: 'words', words } : { kind: 'anything' };
}

/** A part of the notes below a command's flags. */
export type NotePart = { kind: 'entry'; word: string; meaning: string } | { kind: 'text'; text: string };

/**
 * The notes of a command: an entry for each line such as `  word   what it means`, and a paragraph for the lines between
 * two empty ones or entries, whatever their line breaks.
 */
export function toNoteParts(lines: readonly string[]): NotePart[] {
  const parts: NotePart[] = [];
  let paragraph: string[] = [];
  const end = () => {
    if (paragraph.length > 0) parts.push({ kind: 'text', text: paragraph.join(' ') });
    paragraph = [];
  };
  for (const line of lines) {
    const [, word, meaning] = /^ {2}(\S+) {2,}(\S.*)$/.exec(line) ?? [];
    if (word === undefined && line.trim() !== '') paragraph.push(line.trim());
    else end();
    if (word !== undefined && meaning !== undefined) parts.push({ kind: 'entry', word, meaning });
  }
  end();
  return parts;
}

/** The text with every run of white space, line breaks included, as one space. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

/** A command line, and what it does. */
export type ExampleText = readonly [line: string, meaning: string];

/** A name with its meaning: an exit code, a variable, a file. */
export type Entry = readonly [name: string, meaning: string];

/** A variable of the environment, with the option and the key of the configuration file for the same setting. */
export interface VariableManual {
  name: string;
  /** The flag of the commands that have one. */
  flag: string | undefined;
  /** Its key in the configuration file; a secret has none. */
  key: string | undefined;
  meaning: string;
  /** As text; empty when there is none. */
  default: string;
}

/** An argument of a command. */
export interface ArgumentManual {
  /** As the synopsis shows it: `[symbols...]`, `<job>`. */
  text: string;
  description: string;
  isVariadic: boolean;
  values: ValueKind;
}

/** An option. */
export interface OptionManual {
  /** As it was declared: `--hours <n>`, `-h, --help`. */
  flags: string;
  /** The names by which it is given: `-h`, `--help`. */
  names: readonly string[];
  description: string;
  /** The values after it; undefined for an option without a value. */
  values: ValueKind | undefined;
  /** It may be given more than once. */
  isRepeated: boolean;
  /** Whether many commands have it, with the same meaning in all of them. */
  isShared: boolean;
}

/** A subcommand as its `--help` shows it. */
export interface CommandManual {
  name: string;
  /** The heading of the help under which it stands. */
  group: string;
  description: string;
  arguments: readonly ArgumentManual[];
  options: readonly OptionManual[];
  /** Lines of the help between the flags and the examples. */
  notes: readonly string[];
  examples: readonly ExampleText[];
}

/** The program as its `--help` shows it: the source of completion, man page and reference. */
export interface Manual {
  name: string;
  version: string;
  description: string;
  options: readonly OptionManual[];
  examples: readonly ExampleText[];
  commands: readonly CommandManual[];
  /** `chartctl help [command]`. */
  help: CommandManual;
  /** Paragraphs about all commands. */
  conventions: readonly string[];
  exitCodes: readonly Entry[];
  /** Variables of the environment with what they mean and their defaults. */
  environment: readonly VariableManual[];
  files: readonly Entry[];
  /** The day of the version, as in 2025-06-01. */
  released: string;
}

/** The options that many commands share, each once. */
export function sharedOptionsOf({ commands }: Manual): OptionManual[] {
  const all = commands.flatMap(({ options }) => options.filter(({ isShared }) => isShared));
  return all.filter(({ flags }, i) => all.findIndex((other) => other.flags === flags) === i);
}
