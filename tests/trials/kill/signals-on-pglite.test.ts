import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { isLongRun } from '../../harness/trial.js';
import { KILL_CASES } from './kill-cases.js';
import { killTrial } from './kill-trial.js';

const FAULT = 'SIGTERM and SIGINT to any command that writes, PGlite';
const embedded = databases().find(({ name }) => name === 'PGlite')!;

if (isLongRun) killTrial(FAULT, embedded, ['SIGTERM', 'SIGINT'], { cases: KILL_CASES, hits: 4, consecutive: 4 });
else group(FAULT, (test) => test.skip('every command', 'only in the long version'));
