import { databases } from '../../harness/databases.js';
import { effort } from '../../harness/trial.js';
import { CLEANING, KILL_CASES } from './kill-cases.js';
import { killTrial } from './kill-trial.js';

const embedded = databases().find(({ name }) => name === 'PGlite')!;
const cases = effort([CLEANING], KILL_CASES);
killTrial('kill -9 of any command that writes, PGlite', embedded, ['SIGKILL'], {
  cases,
  hits: effort(9, 4),
  consecutive: 6,
});
