/**
 * A program and its arguments as one line, from which `splitCommand` makes the same again.
 *
 * @example joinCommand(['python', 'train.py', '--note', 'new data']) // `python train.py --note 'new data'`
 */
export function joinCommand(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
