import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { effort } from '../../harness/trial.js';
import { ALL_IN_TURN, KILL_CASES, MIGRATION } from './kill-cases.js';
import { killTrial } from './kill-trial.js';

const FAULT = 'kill -9 of any command that writes, PostgreSQL';
const server = databases().find(({ name }) => name === 'PostgreSQL');

if (server) {
  const cases = effort([ALL_IN_TURN, MIGRATION], KILL_CASES);
  killTrial(FAULT, server, ['SIGKILL'], { cases, hits: effort(3, 13), consecutive: effort(3, 4) });
} else group(FAULT, (test) => test.skip('every command', 'there is no PostgreSQL here'));
