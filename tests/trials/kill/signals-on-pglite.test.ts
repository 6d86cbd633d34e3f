import { databases } from '../../harness/databases.js';
import { isLong } from '../../harness/effort.js';
import { group } from '../../harness/group.js';
import { KILL_CASES } from './kill-cases.js';
import { killTrial } from './kill-trial.js';

const FAULT = 'SIGTERM and SIGINT to any command that works, PGlite';
const embedded = databases().find(({ name }) => name === 'PGlite')!;

if (isLong) killTrial(FAULT, embedded, ['SIGTERM', 'SIGINT'], { cases: KILL_CASES, hits: 4, inARow: 4 });
else group(FAULT, (test) => test.skip('every command', 'only in the long version'));
