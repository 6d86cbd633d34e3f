/** Characters that no shell gives a meaning to. */
const PLAIN = /^[A-Za-z0-9_%+,./:@-][A-Za-z0-9_%+,./:@=-]*$/;

/** One argument as a word of a POSIX shell that means exactly it. */
export function quoteForShell(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A program and its arguments as a command line of a POSIX shell. */
export function toShellCommand(words: readonly string[]): string {
  return words.map(quoteForShell).join(' ');
}
