import type { TimeSplit } from '../../../src/core/time-split.js';
import type { FormatName } from '../../../src/files/formats/formats.js';

/** Commands that run one after the other; each is stopped at random instants and repeated. */
export interface KillCase {
  /** The command lines; `UNDOABLE` stands for a job id, `FOLDER` for the working directory. */
  lines: readonly (readonly string[])[];
  /** The database. Default: the damaged one. */
  on?: 'legacy' | 'damaged';
}

const ALL = ['BTCUSDT', 'ETHUSDT', 'DOGEUSDT'];
const OUT = ['--from', '2025-05-30', '--to', '2025-06-01T11:00Z', '--out'];

const BACKFILL = ['backfill', 'BTCUSDT', '--days', '9'];
const BACKFILL_FROM_ARCHIVE = ['backfill', 'BTCUSDT', '--from', '2025-04-20', '--to', '2025-05-29', '--via', 'archive'];

// in two transactions
const CLEAN = ['clean', ...ALL];
const EXPORT_CSV = ['export-training-set', ...ALL, ...OUT, 'split.csv.gz', '--split', '80/20'];
const EXPORT_PARQUET = ['export-training-set', ...ALL, ...OUT, 'set.parquet'];
const INGEST = ['ingest', ...ALL];
const REBUILD = ['rebuild', '--all'];
const REPAIR = ['clean', ...ALL, '--repair'];
const REPORT = ['report', ...ALL, '--days', '2', '--out', 'page.html'];
const TRAIN = ['check-retrain', ...ALL, '--min-new-rows', '1', '--exec', 'sh FOLDER/train.sh'];
const UNDO = ['undo', 'UNDOABLE'];
const VERIFY = ['verify', ...ALL, '--days', '2', '--repair', '--revised', '--replace-fallback'];

export const MIGRATION: KillCase = { lines: [['migrate']], on: 'legacy' };
export const LONG_BACKFILL: KillCase = { lines: [BACKFILL] };
export const ARCHIVE_BACKFILL: KillCase = { lines: [BACKFILL_FROM_ARCHIVE] };
export const CLEANING: KillCase = { lines: [CLEAN] };
export const TRAINING: KillCase = { lines: [TRAIN] };

/** The commands that work on the damaged database, one after the other. */
export const ALL_IN_TURN: KillCase = {
  lines: [UNDO, BACKFILL, CLEAN, EXPORT_CSV, INGEST, REBUILD, TRAIN, VERIFY, REPAIR, EXPORT_PARQUET, REPORT],
};

/** Every command that writes, with its different options, each by itself. */
export const KILL_CASES: readonly KillCase[] = [
  MIGRATION,
  LONG_BACKFILL,
  ARCHIVE_BACKFILL,
  CLEANING,
  TRAINING,
  ...[EXPORT_CSV, EXPORT_PARQUET, INGEST, REBUILD, REPORT, UNDO, VERIFY].map((line) => ({ lines: [line] })),
  { lines: [REPAIR] },
  { lines: [['check-retrain', ...ALL, '--mark-trained']] },
  { lines: [['export-training-set', ...ALL, ...OUT, 'set.csv']] },
  { lines: [['export-training-set', ...ALL, ...OUT, 'set.jsonl.gz']] },
  { lines: [['export-training-set', 'BTCUSDT', ...OUT, 'split.parquet', '--split', '70/15/15']] },
  { lines: [['backfill', ...ALL, '--days', '2', '--replace-fallback', '--fill-gaps']] },
  { lines: [['verify', ...ALL, '--days', '2', '--flag']] },
  { lines: [['clean', 'BTCUSDT', '--keep', '1']] },
];

/** The older files that the exports replace. */
export const OLDER_SETS: readonly { out: string; format: FormatName; split?: TimeSplit; isGzipped?: boolean }[] = [
  { out: 'set.csv', format: 'csv' },
  { out: 'set.jsonl.gz', format: 'jsonl', isGzipped: true },
  { out: 'set.parquet', format: 'parquet' },
  { out: 'split.csv.gz', format: 'csv', isGzipped: true, split: { cuts: { shares: [80, 20] }, embargoMinutes: 60 } },
];

/** A command line without its symbols. */
export function nameOf(line: readonly string[]): string {
  return line.filter((word) => !ALL.includes(word)).join(' ');
}
