import { databases } from '../../harness/databases.js';
import { effort } from '../../harness/effort.js';
import { KILL_CASES, LONG_BACKFILL, TRAINING } from './kill-cases.js';
import { killTrial } from './kill-trial.js';

const cases = effort([LONG_BACKFILL, TRAINING], KILL_CASES);
for (const backend of databases().reverse().slice(0, effort(1, 2))) {
  killTrial(`SIGTERM and SIGINT to any command that works, ${backend.name}`, backend, ['SIGTERM', 'SIGINT'], {
    cases,
    hits: effort(3, 4),
    inARow: 4,
  });
}
