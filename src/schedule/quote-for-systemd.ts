/** Characters that systemd gives no meaning to in a word. */
const PLAIN = /^[A-Za-z0-9_+,./:@=-]+$/;

/** Text in a unit file in which specifiers such as `%n` would be filled in: `%` is written `%%`. */
export function escapeSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

/** A word of a list of words, such as the paths of `ReadWritePaths=`. */
export function quoteForSystemd(text: string): string {
  const escaped = escapeSpecifiers(text);
  return PLAIN.test(text) ? escaped : `"${escaped.replace(/["\\]/g, '\\$&')}"`;
}

/** `ExecStart=`: a program and its arguments. In arguments `$` begins a variable, and `$$` is a dollar. */
export function toExecStart([program = '', ...args]: readonly string[]): string {
  return [quoteForSystemd(program), ...args.map((arg) => quoteForSystemd(arg.replaceAll('$', '$$$$')))].join(' ');
}
