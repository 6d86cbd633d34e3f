import { databases } from '../../harness/databases.js';
import { effort } from '../../harness/effort.js';
import { KILL_CASES, LONG_BACKFILL } from './kill-cases.js';
import { killTrial } from './kill-trial.js';

const FAULT = 'SIGTERM and SIGINT to any command that works, PGlite';
const embedded = databases().find(({ name }) => name === 'PGlite')!;

killTrial(FAULT, embedded, ['SIGTERM', 'SIGINT'], {
  cases: effort([LONG_BACKFILL], KILL_CASES),
  hits: effort(1, 4),
  inARow: 4,
});
