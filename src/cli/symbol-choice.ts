import { parseSymbols } from '../core/symbol.js';
import type { Flags } from './flags.js';
import { readListFile } from './list-file.js';

/**
 * The symbols that a call means: its arguments and `--symbols-file`, else the configured ones; or `--all` in the database.
 *
 * @param configured what a call without symbols means: the configured ones, or all; undefined when the
 *   configuration was refused
 */
export function readSymbols(
  flags: Flags,
  names: readonly string[],
  configured: readonly string[] | 'all' | undefined,
): readonly string[] | 'all' {
  const isNamed = names.length > 0 || flags.isSet('--symbols-file');
  if (flags.isSet('--all')) {
    if (isNamed) flags.problems.add('--all and named symbols exclude each other', 'give one of them');
    return 'all';
  }
  const listed = flags.parse('--symbols-file', (path) =>
    readListFile(path, flags.cwd).flatMap((line) => line.split(/[\s,]+/)),
  );
  const symbols = flags.problems.attempt(() => parseSymbols([...names, ...(listed ?? [])]));
  if (isNamed) return symbols ?? [];
  if (configured?.length === 0) {
    flags.problems.add(
      'no symbol was named',
      'give symbols such as BTCUSDT, --symbols-file, or --all; or configure them: see chartctl config',
    );
  }
  return configured ?? [];
}
