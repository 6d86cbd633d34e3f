import { Failure } from './failure.js';

const EXPECTED_FORM = 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE';
/** The authority of a URL, behind its last `@`, with a comma in it. */
const SEVERAL_HOSTS = /^postgres(ql)?:\/\/([^/?#]*@)?[^/?#@]*,/i;

/**
 * The parts of a database URL.
 *
 * @throws Failure (usage) that does not show the URL, which may hold a password
 */
export function parseDatabaseUrl(text: string): URL {
  if (SEVERAL_HOSTS.test(text)) throw severalHostsFailure();
  if (!URL.canParse(text)) {
    const isQuoted = /^\s*["'`]/.test(text);
    throw databaseUrlFailure('was not understood', isQuoted ? '; leave out the quotes around it' : '');
  }
  const url = new URL(text);
  if (url.protocol === 'postgres:' || url.protocol === 'postgresql:') return url;
  throw databaseUrlFailure(`begins with "${url.protocol}//"`);
}

/**
 * The failure of a URL of another form.
 *
 * @param more what to do about it, after the form that is expected
 */
export function databaseUrlFailure(found: string, more = ''): Failure {
  return new Failure('usage', `DATABASE_URL ${found}`, { hint: `${EXPECTED_FORM}${more}` });
}

/** The failure of a URL, or of `PGHOST`, that lists hosts as libpq does. */
export function severalHostsFailure(): Failure {
  return new Failure('usage', 'DATABASE_URL names several hosts, which is not supported', {
    hint: 'name the primary server, or a host name that always leads to it',
  });
}
