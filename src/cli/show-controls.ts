// eslint's no-control-regex forbids these characters in a literal
const CONTROLS = /(?![\n\t])[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text of others, such as an exchange's answer, as a terminal may have it: what would move its cursor, colour it or turn
 * the direction of reading around is written out.
 *
 * @example showControls('\u001b[2Jgone') // '\\u001b[2Jgone'
 */
export function showControls(text: string): string {
  return text.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
