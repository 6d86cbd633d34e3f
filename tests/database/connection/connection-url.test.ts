import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import type { Failure } from '../../../src/core/failure.js';
import { formatAddress, parseConnectionUrl } from '../../../src/database/connection/connection-url.js';
import { expectThrownFailure } from '../../harness/expect-failure.js';
import { group } from '../../harness/group.js';

const NO_VARIABLES = {};

function failureOf(url: string): Failure {
  return expectThrownFailure(() => parseConnectionUrl(url, NO_VARIABLES));
}

group('parseConnectionUrl', (test) => {
  test('every part is parsed and decoded', () => {
    const address = parseConnectionUrl('postgres://us%40er:p%3Ass@db.example:6543/chart%20data', NO_VARIABLES);
    assert.is(address.user, 'us@er');
    assert.is(address.password, 'p:ss');
    assert.is(address.host, 'db.example');
    assert.is(address.port, 6543);
    assert.is(address.database, 'chart data');
  });

  test('missing parts come from the PG variables', () => {
    const variables = {
      PGUSER: 'u',
      PGPASSWORD: 'p',
      PGHOST: 'h',
      PGPORT: '1234',
      PGDATABASE: 'd',
      PGSSLMODE: 'disable',
    };
    const { user, password, host, port, database, tls } = parseConnectionUrl('postgres://', variables);
    assert.equal({ user, password, host, port, database, mode: tls.mode }, {
      user: 'u', password: 'p', host: 'h', port: 1234, database: 'd', mode: 'disable',
    }); // prettier-ignore
  });

  test('without host and port it is localhost:5432, without database it is the one named as the user', () => {
    const { host, port, database } = parseConnectionUrl('postgres:///?user=me', NO_VARIABLES);
    assert.equal({ host, port, database }, { host: 'localhost', port: 5432, database: 'me' });
  });

  test('a Unix socket can be given as host or as ?host=', () => {
    assert.is(parseConnectionUrl('postgres://u@%2Fvar%2Frun/d', NO_VARIABLES).host, '/var/run');
    assert.is(parseConnectionUrl('postgres:///d?host=/var/run&user=u', NO_VARIABLES).host, '/var/run');
  });

  test('an IPv6 address loses its brackets; messages show them', () => {
    const address = parseConnectionUrl('postgres://u:secret@[::1]:5433/d', NO_VARIABLES);
    assert.is(address.host, '::1');
    assert.is(formatAddress(address), 'postgres://u@[::1]:5433/d');
  });

  test('parameters of clients are not sent to the server, settings of the server are', () => {
    const { startup } = parseConnectionUrl(
      'postgres://u@h/d?sslmode=require&channel_binding=require&pgbouncer=true&search_path=charts&application_name=mine',
      NO_VARIABLES,
    );
    assert.equal(startup, { application_name: 'mine', timezone: 'UTC', datestyle: 'ISO, MDY', search_path: 'charts' });
  });

  test('the time limit is at most 8 s, whatever connect_timeout says', () => {
    const timeoutOf = (text: string) => parseConnectionUrl(`postgres://u@h/d${text}`, NO_VARIABLES).timeoutMs;
    assert.equal(
      [timeoutOf(''), timeoutOf('?connect_timeout=3'), timeoutOf('?connect_timeout=60')],
      [8000, 3000, 8000],
    );
  });

  const modes: [parameters: string, mode: string][] = [
    ['', 'prefer'],
    ['?sslmode=allow', 'prefer'],
    ['?sslmode=disable', 'disable'],
    ['?sslmode=require', 'require'],
    ['?sslmode=require&sslrootcert=/ca.pem', 'verify-ca'],
    ['?sslmode=verify-full&sslrootcert=/ca.pem', 'verify-full'],
    ['?sslrootcert=system', 'verify-full'],
    ['?ssl=true', 'require'],
  ];
  for (const [parameters, mode] of modes) {
    test(`"${parameters}" means ${mode}`, () => {
      assert.is(parseConnectionUrl(`postgres://u@h/d${parameters}`, NO_VARIABLES).tls.mode, mode);
    });
  }

  const refused: [url: string, says: RegExp, hint: RegExp][] = [
    ['not a url', /not understood/, /postgres:\/\/USER/],
    ['mysql://u:hunter2@h/d', /not understood/, /postgres:\/\/USER/],
    ['postgres://u:hunter2@h:99999/d', /not understood/, /postgres:\/\/USER/],
    ['postgres://u:12#hunter2@h/d', /ends the password/, /%23/],
    ['postgres://u:12/hunter2@h/d', /ends the password/, /%2F/],
    ['postgres://u:12?hunter2@h/d', /ends the password/, /%3F/],
    ['postgres://u:hunter2%zz@h/d', /"%"/, /%25/],
    ['postgres://u:hunter2@h/d?sslmode=on', /sslmode was "on"/, /verify-full/],
    ['postgres://u:hunter2@h/d?sslmode=on&password=hunter2', /sslmode was "on"/, /verify-full/],
  ];
  for (const [url, says, hint] of refused) {
    test(`"${url}" is wrong usage, and no message shows the password`, () => {
      const failure = failureOf(url);
      assert.is(failure.kind, 'usage');
      assert.match(failure.message, says);
      assert.match(failure.hint ?? '', hint);
      const shown = failure.message + failure.hint + inspect(failure, { depth: 10, showHidden: true });
      assert.not.match(shown.replaceAll(failure.stack ?? '', ''), 'hunter2');
    });
  }
});
