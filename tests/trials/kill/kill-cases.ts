import type { FormatName } from '../../../src/files/formats.js';
import type { TimeSplit } from '../../../src/core/time-split.js';

/** A command that is stopped at some instant and run again. */
export interface KillCase {
  /** The command line; `UNDOABLE` stands for a job's number, `FOLDER` for the working directory. */
  argv: readonly string[];
  /** The database that it works on. Default: the damaged one. */
  on?: 'legacy' | 'damaged';
  /** What it exits with when it is run again and had come to its end; as at first if not given. */
  exitCodeAgain?: number;
}

const ALL = ['BTCUSDT', 'ETHUSDT', 'DOGEUSDT'];
const OUT = ['--from', '2025-05-30', '--to', '2025-06-01T11:00Z', '--out'];

/** Every command that does work, in the ways in which it does different work; those first that show the most. */
export const KILL_CASES: readonly KillCase[] = [
  { argv: ['backfill', ...ALL, '--days', '9'] },
  { argv: ['export-training-set', ...ALL, ...OUT, 'split.csv.gz', '--split', '80/20'] },
  { argv: ['undo', 'UNDOABLE'], exitCodeAgain: 1 },
  { argv: ['clean', ...ALL] },
  { argv: ['migrate'], on: 'legacy' },
  { argv: ['ingest', ...ALL] },
  { argv: ['rebuild', '--all'] },
  { argv: ['check-retrain', ...ALL, '--min-new-rows', '1', '--exec', 'sh FOLDER/train.sh'] },
  { argv: ['check-retrain', ...ALL, '--mark-trained'] },
  { argv: ['verify', ...ALL, '--days', '2', '--repair', '--revised', '--replace-fallback'] },
  { argv: ['clean', ...ALL, '--repair'] },
  { argv: ['export-training-set', ...ALL, ...OUT, 'set.csv'] },
  { argv: ['export-training-set', ...ALL, ...OUT, 'set.parquet'] },
  { argv: ['export-training-set', ...ALL, ...OUT, 'set.jsonl.gz'] },
  { argv: ['export-training-set', 'BTCUSDT', ...OUT, 'split.parquet', '--split', '70/15/15'] },
  { argv: ['report', ...ALL, '--days', '2', '--out', 'page.html'] },
  { argv: ['backfill', ...ALL, '--days', '2', '--replace-fallback', '--fill-gaps'] },
  { argv: ['verify', ...ALL, '--days', '2', '--flag'] },
  { argv: ['clean', 'BTCUSDT', '--keep', '1', '--accept', 'all-open', '--reason', 'seen'] },
];

/** What the exports find under the names that they write. */
export const OLDER_SETS: readonly { out: string; format: FormatName; split?: TimeSplit; isGzipped?: boolean }[] = [
  { out: 'set.csv', format: 'csv' },
  { out: 'set.jsonl.gz', format: 'jsonl', isGzipped: true },
  { out: 'set.parquet', format: 'parquet' },
  { out: 'split.csv.gz', format: 'csv', isGzipped: true, split: { cuts: { shares: [80, 20] }, embargoMinutes: 60 } },
];

/** The first words of a case's command line, for messages. */
export function nameOf({ argv }: KillCase): string {
  return argv.filter((word) => !ALL.includes(word)).join(' ');
}
