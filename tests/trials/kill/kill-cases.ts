import type { FormatName } from '../../../src/files/formats.js';
import type { TimeSplit } from '../../../src/core/time-split.js';

/** A command that is stopped at some instant and run again; or several, each when the one before it is through. */
export interface KillCase {
  /** The command lines; `UNDOABLE` stands for a job's number, `FOLDER` for the working directory. */
  lines: readonly (readonly string[])[];
  /** The database that it works on. Default: the damaged one. */
  on?: 'legacy' | 'damaged';
}

const ALL = ['BTCUSDT', 'ETHUSDT', 'DOGEUSDT'];
const OUT = ['--from', '2025-05-30', '--to', '2025-06-01T11:00Z', '--out'];

const REPAIR = ['clean', ...ALL, '--repair'];

/** Every command that does work, in the ways in which it does different work; those first that show the most. */
export const KILL_CASES: readonly KillCase[] = [
  { lines: [['backfill', ...ALL, '--days', '9']] },
  { lines: [['export-training-set', ...ALL, ...OUT, 'split.csv.gz', '--split', '80/20']] },
  { lines: [['undo', 'UNDOABLE']] },
  { lines: [['clean', ...ALL]] },
  { lines: [['migrate']], on: 'legacy' },
  { lines: [['ingest', ...ALL]] },
  { lines: [['rebuild', '--all']] },
  { lines: [['check-retrain', ...ALL, '--min-new-rows', '1', '--exec', 'sh FOLDER/train.sh']] },
  { lines: [['check-retrain', ...ALL, '--mark-trained']] },
  { lines: [['verify', ...ALL, '--days', '2', '--repair', '--revised', '--replace-fallback']] },
  // what it repairs moves the threshold above which the next run flags volumes: only after that one nothing moves
  { lines: [REPAIR, REPAIR] },
  { lines: [['export-training-set', ...ALL, ...OUT, 'set.csv']] },
  { lines: [['export-training-set', ...ALL, ...OUT, 'set.parquet']] },
  { lines: [['export-training-set', ...ALL, ...OUT, 'set.jsonl.gz']] },
  { lines: [['export-training-set', 'BTCUSDT', ...OUT, 'split.parquet', '--split', '70/15/15']] },
  { lines: [['report', ...ALL, '--days', '2', '--out', 'page.html']] },
  { lines: [['backfill', ...ALL, '--days', '2', '--replace-fallback', '--fill-gaps']] },
  { lines: [['verify', ...ALL, '--days', '2', '--flag']] },
  { lines: [['clean', 'BTCUSDT', '--keep', '1', '--accept', 'all-open', '--reason', 'seen']] },
];

/** What the exports find under the names that they write. */
export const OLDER_SETS: readonly { out: string; format: FormatName; split?: TimeSplit; isGzipped?: boolean }[] = [
  { out: 'set.csv', format: 'csv' },
  { out: 'set.jsonl.gz', format: 'jsonl', isGzipped: true },
  { out: 'set.parquet', format: 'parquet' },
  { out: 'split.csv.gz', format: 'csv', isGzipped: true, split: { cuts: { shares: [80, 20] }, embargoMinutes: 60 } },
];

/** All commands that work on the damaged database, one after the other. */
export const ALL_IN_TURN: KillCase = {
  lines: [2, 0, 3, 1, 5, 6, 7, 9, 10, 12, 15].flatMap((place) => KILL_CASES[place]!.lines),
};

/** The words of a command line that tell what it does. */
export function nameOf(line: readonly string[]): string {
  return line.filter((word) => !ALL.includes(word)).join(' ');
}
