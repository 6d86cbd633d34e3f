import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { effort } from '../../harness/trial.js';
import { KILL_CASES, LONG_BACKFILL, TRAINING } from './kill-cases.js';
import { killTrial } from './kill-trial.js';

const FAULT = 'SIGTERM and SIGINT to any command that writes, PostgreSQL';
const server = databases().find(({ name }) => name === 'PostgreSQL');

if (server) {
  const cases = effort([LONG_BACKFILL, TRAINING], KILL_CASES);
  killTrial(FAULT, server, ['SIGTERM', 'SIGINT'], { cases, hits: effort(3, 4), consecutive: 4 });
} else group(FAULT, (test) => test.skip('every command', 'there is no PostgreSQL here'));
