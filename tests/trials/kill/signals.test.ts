import { databases } from '../../harness/databases.js';
import { effort } from '../../harness/effort.js';
import { KILL_CASES } from './kill-cases.js';
import { killTrial } from './kill-trial.js';

const isTelling = ({ argv }: (typeof KILL_CASES)[number]) => argv.includes('--exec') || argv.includes('9');
const cases = effort(KILL_CASES.filter(isTelling), KILL_CASES);
for (const backend of databases().reverse().slice(0, effort(1, 2))) {
  killTrial(`SIGTERM and SIGINT to any command that works, ${backend.name}`, backend, ['SIGTERM', 'SIGINT'], {
    cases,
    hits: effort(3, 4),
    inARow: 4,
  });
}
