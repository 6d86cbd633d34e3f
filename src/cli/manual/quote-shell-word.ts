/**
 * A text as one word of a POSIX shell, in which nothing is expanded.
 *
 * @example quoteShellWord("don't") // 'don'\''t'
 */
export function quoteShellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
