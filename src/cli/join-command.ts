import { toShellCommand } from '../core/quote-for-shell.js';

/**
 * A program and its arguments as one line, from which `splitCommand` makes the same again.
 *
 * @example joinCommand(['python', 'train.py', '--note', 'new data']) // `python train.py --note 'new data'`
 */
export function joinCommand(words: readonly string[]): string {
  return toShellCommand(words);
}
