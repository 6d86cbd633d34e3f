import { basename, dirname, join } from 'node:path';

/**
 * The file of a part of a split training set: the part's name before the ending.
 *
 * @example partPath('out/btc.csv.gz', 'train') // 'out/btc.train.csv.gz'
 */
export function partPath(path: string, part: string): string {
  const [, stem, ending] = /^(.+?)((?:\.[^.]+)?(?:\.gz)?)$/is.exec(basename(path))!;
  return join(dirname(path), `${stem}.${part}${ending}`);
}
