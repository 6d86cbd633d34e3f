import type { EXIT_CODES } from './failure.js';

/** What each exit code says, for every manual. */
export const EXIT_CODE_MEANINGS: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  done: 'done, also when there was nothing to do',
  failed: 'failed: also a symbol that Binance does not know, a file that cannot be written',
  usage: 'wrong usage or configuration; a server that was not migrated',
  incomplete:
    'done but incomplete: some of several symbols failed, minutes are still missing, or a window is not ready ' +
    '(--require-ready, status --exit-code)',
  due: 'only with --exit-code: a training is due, rows differ, or --dry-run would change something',
  locked: 'another process holds the symbols or the embedded database',
  temporary: 'try again later: rate limit, ban, network, database not reachable',
  interrupted: 'SIGINT: only whole transactions were written; run it again to go on',
  terminated: 'SIGTERM, or the terminal was closed (SIGHUP): as 130',
};
