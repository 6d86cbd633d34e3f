const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\[rs]',
  '-': '\\-', // a hyphen would not be found, nor could it be copied as a flag
  "'": '\\[aq]',
  '`': '\\[ga]',
  '^': '\\[ha]',
  '~': '\\[ti]',
};

/**
 * Text as a manual page reads it: nothing in it is a request, an escape, or another character than it was.
 *
 * @example escapeRoff('.env is a-b') // '\&.env is a\-b'
 */
export function escapeRoff(text: string): string {
  return text
    .replace(/[\\\-'`^~]/g, (character) => ESCAPES[character]!)
    .replace(
      /[^\x20-\x7e\n]/gu,
      (character) => `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^(?=\.)/gm, '\\&');
}

/** Bold: what is typed as it stands. */
export function bold(text: string): string {
  return `\\fB${escapeRoff(text)}\\fR`;
}

/** Italic: what is replaced by a value. */
export function italic(text: string): string {
  return `\\fI${escapeRoff(text)}\\fR`;
}

/** A tagged paragraph: what it is about, then what is said of it, indented. */
export function tagged(tag: string, text: string): string {
  return `.TP\n${tag}\n${text}`;
}
