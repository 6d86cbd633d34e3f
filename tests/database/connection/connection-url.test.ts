import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import type { Failure } from '../../../src/core/failure.js';
import { formatAddress, parseConnectionUrl } from '../../../src/database/connection/connection-url.js';
import { withConnectTimeout } from '../../../src/database/connection/url-parameters.js';
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
      'postgres://u@h/d?sslmode=require&channel_binding=prefer&pgbouncer=true&search_path=charts&application_name=mine',
      NO_VARIABLES,
    );
    assert.equal(startup, { application_name: 'mine', timezone: 'UTC', datestyle: 'ISO, MDY', search_path: 'charts' });
  });

  test('another time limit replaces that of the URL in every spelling', () => {
    for (const given of ['', '?connect_timeout=7', '?connectTimeout=7&sslmode=require']) {
      const { timeoutMs, tls } = parseConnectionUrl(withConnectTimeout(`postgres://u@h/d${given}`, 3), NO_VARIABLES);
      assert.equal([timeoutMs, tls.mode], [3_000, given.includes('sslmode') ? 'require' : 'prefer'], given);
    }
  });

  test('the time limit is at most 8 s, whatever connect_timeout says', () => {
    const timeoutOf = (text: string) => parseConnectionUrl(`postgres://u@h/d${text}`, NO_VARIABLES).timeoutMs;
    assert.equal(
      [timeoutOf(''), timeoutOf('?connect_timeout=3'), timeoutOf('?connect_timeout=60')],
      [8000, 3000, 8000],
    );
  });

  test('schema is the search path, whatever its characters', () => {
    const searchPathOf = (schema: string) =>
      parseConnectionUrl(`postgres://u@h/d?schema=${encodeURIComponent(schema)}`, NO_VARIABLES).startup.search_path;
    assert.is(searchPathOf('market'), '"market"');
    assert.is(searchPathOf('My "own" schema'), '"My ""own"" schema"');
    assert.is(searchPathOf(''), undefined);
    const { startup } = parseConnectionUrl('postgres://u@h/d?currentSchema=a,b&ApplicationName=mine', NO_VARIABLES);
    assert.is(startup.search_path, 'a,b', "JDBC's name for the search path");
    assert.is(startup.application_name, 'mine');
  });

  test('PGOPTIONS are options of the session; those of the URL win', () => {
    const variables = { PGOPTIONS: '-c search_path=market' };
    const optionsOf = (url: string) => parseConnectionUrl(url, variables).startup.options;
    assert.is(optionsOf('postgres://u@h/d'), '-c search_path=market');
    assert.is(optionsOf('postgres://u@h/d?options=endpoint%3Dep-1'), 'endpoint=ep-1');
  });

  test('what hosts and other clients add to their URLs is not sent to the server', () => {
    const { startup } = parseConnectionUrl(
      'postgres://u@h/d?supa=base-pooler.x&workaround=y&pgbouncer=true&connection_limit=1&statement_cache_size=0' +
        '&reWriteBatchedInserts=true&prepareThreshold=0',
      NO_VARIABLES,
    );
    assert.equal(Object.keys(startup), ['application_name', 'timezone', 'datestyle']);
  });

  const modes: [parameters: string, mode: string, variables?: Record<string, string>][] = [
    ['', 'prefer'],
    ['?sslmode=allow', 'prefer'],
    ['?sslmode=', 'prefer'],
    ['?sslmode=disable', 'disable'],
    ['?sslmode=require', 'require'],
    ['?sslmode=no-verify', 'require'],
    ['?sslmode=no-verify&sslrootcert=/ca.pem', 'require'],
    ['?sslmode=require&sslrootcert=/ca.pem', 'verify-ca'],
    ['?sslmode=verify-full&sslrootcert=/ca.pem', 'verify-full'],
    ['?sslrootcert=system', 'verify-full'],
    ['?ssl', 'require'],
    ['?ssl=true', 'require'],
    ['?ssl=1', 'require'],
    ['?ssl=require', 'require'],
    ['?ssl=no-verify', 'require'],
    ['?ssl=verify-ca', 'verify-ca'],
    ['?ssl=verify-full', 'verify-full'],
    ['?ssl=prefer', 'prefer'],
    ['?ssl=false', 'disable'],
    ['?ssl=0', 'disable'],
    ['?ssl=true&sslmode=verify-full', 'verify-full'],
    ['?ssl=verify-full&sslmode=require', 'verify-full'],
    ['?ssl=true&sslmode=prefer', 'require'],
    ['?sslmode=require&sslaccept=strict', 'verify-full'],
    ['?sslmode=require&sslaccept=accept_invalid_certs', 'require'],
    ['?sslMode=verify-ca', 'verify-ca'],
    ['', 'require', { PGSSLMODE: 'require' }],
    ['?ssl=true', 'require', { PGSSLMODE: 'disable' }],
    ['?sslmode=prefer', 'prefer', { PGSSLMODE: 'verify-full' }],
  ];
  for (const [parameters, mode, variables = NO_VARIABLES] of modes) {
    test(`"${parameters}" means ${mode}${variables === NO_VARIABLES ? '' : `, with ${JSON.stringify(variables)}`}`, () => {
      assert.is(parseConnectionUrl(`postgres://u@h/d${parameters}`, variables).tls.mode, mode);
    });
  }

  test('the other words about TLS are understood as in libpq', () => {
    const { tls } = parseConnectionUrl(
      'postgres://u@h/d?sslmode=verify-full&sslrootcert=/ca&sslcert=/c&sslkey=/k&sslpassword=p&sslcrl=/crl' +
        '&ssl_min_protocol_version=TLSv1.2&ssl_max_protocol_version=TLSv1.3&sslsni=0',
      NO_VARIABLES,
    );
    assert.equal(tls, {
      mode: 'verify-full',
      rootCert: '/ca',
      cert: '/c',
      key: '/k',
      passphrase: 'p',
      revoked: '/crl',
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      sendsHostName: false,
    });
    const anonymous = parseConnectionUrl('postgres://u@h/d?sslcertmode=disable&sslcert=/c&sslkey=/k', NO_VARIABLES);
    assert.is(anonymous.tls.cert, undefined);
  });

  test('channel_binding and require_auth say what the server must do', () => {
    const requiredBy = (parameters: string, variables: Record<string, string> = NO_VARIABLES) =>
      parseConnectionUrl(`postgres://u@h/d${parameters}`, variables).authentication;
    assert.is(requiredBy(''), undefined);
    assert.is(requiredBy('?channel_binding=prefer'), undefined);
    assert.is(requiredBy('?channel_binding=require')?.channelBinding, true);
    assert.is(requiredBy('', { PGCHANNELBINDING: 'require' })?.channelBinding, true);
    assert.equal([...requiredBy('?require_auth=scram-sha-256,md5')!.methods], ['md5', 'scram-sha-256']);
    assert.equal([...requiredBy('?requireAuth=!password,!md5,!none')!.methods], ['gss', 'sspi', 'scram-sha-256']);
    assert.equal([...requiredBy('', { PGREQUIREAUTH: 'md5' })!.methods], ['md5']);
  });

  const refused: [url: string, says: RegExp, hint: RegExp][] = [
    ['not a url', /not understood/, /postgres:\/\/USER/],
    ['mysql://u:hunter2@h/d', /begins with "mysql:\/\/"/, /postgres:\/\/USER/],
    ['"postgres://u:hunter2@h/d"', /not understood/, /leave out the quotes/],
    ['postgres://u:hunter2@h:99999/d', /not understood/, /postgres:\/\/USER/],
    ['postgres://u:12#hunter2@h/d', /ends the password/, /%23/],
    ['postgres://u:12/hunter2@h/d', /ends the password/, /%2F/],
    ['postgres://u:12?hunter2@h/d', /ends the password/, /%3F/],
    ['postgres://u:hunter2%zz@h/d', /"%"/, /%25/],
    ['postgres://u:hunter2@h/d?sslmode=on', /sslmode was "on"/, /verify-full/],
    ['postgres://u:hunter2@h/d?sslmode=on&password=hunter2', /sslmode was "on"/, /verify-full/],
    ['postgres://u:hunter2@h/d?ssl=hope', /ssl was "hope"/, /verify-full/],
    ['postgres://u:hunter2@h/d?ssl=%7B"rejectUnauthorized":true%7D', /ssl was no known word/, /verify-full/],
    ['postgres://u:12?ssl=hunter2@h/d', /ssl was no known word/, /verify-full/],
    ['postgres://u:hunter2@h/d?ssl=true&sslmode=disable', /contradict each other/, /leave one/],
    ['postgres://u:hunter2@h/d?ssl=false&sslmode=require', /contradict each other/, /leave one/],
    ['postgres://u:hunter2@h/d?sslmode=require&sslmode=disable', /has "sslmode" twice/, /leave one/],
    ['postgres://u:hunter2@h/d?SSLMODE=require', /"SSLMODE", which is not known/, /did you mean "sslmode"/],
    ['postgres://u:hunter2@h/d?tls=true', /"tls", which is not known/, /sslmode=/],
    ['postgres://u:hunter2@h/d?sslrootcertificate=/x', /"sslrootcertificate", which is not known/, /sslmode=/],
    ['postgres://u:hunter2@h/d?rejectUnauthorized=true', /"rejectUnauthorized", which is not known/, /sslmode=/],
    ['postgres://u:hunter2@h/d?sslcert=/c', /sslcert was given without sslkey/, /sslrootcert/],
    ['postgres://u:hunter2@h/d?ssl_min_protocol_version=TLSv9', /"TLSv9"/, /TLSv1.3/],
    ['postgres://u:hunter2@h/d?gssencmode=require', /gssencmode in DATABASE_URL was "require"/, /use TLS/],
    ['postgres://u:hunter2@h/d?gssEncMode=require', /gssencmode in DATABASE_URL was "require"/, /use TLS/],
    ['postgres://u:hunter2@h/d?sslnegotiation=direct', /was "direct", which is not supported/, /expected postgres/],
    ['postgres://u:hunter2@h/d?requirepeer=root', /requirepeer .*not supported/, /leave it out/],
    ['postgres://u:hunter2@h/d?sslcrldir=/x', /sslcrldir .*not supported/, /sslcrl/],
    ['postgres://u:hunter2@h/d?sslidentity=/x.p12', /sslidentity .*not supported/, /sslcert/],
    ['postgres://u:hunter2@h/d?sslfactory=org.postgresql.ssl.NonValidatingFactory', /sslfactory/, /use sslmode/],
    ['postgres://u:hunter2@h/d?channel_binding=on', /channel_binding in DATABASE_URL was "on"/, /require/],
    ['postgres://u:hunter2@h/d?require_auth=scram', /require_auth was "scram"/, /scram-sha-256/],
    ['postgres://u:hunter2@h/d?require_auth=md5,!none', /require_auth was/, /"!"/],
    ['postgres://u:hunter2@h/d?service=x', /service .*not supported/, /host, port and database/],
    ['postgres://u:hunter2@h/d?schema=a&search_path=b', /schema and search_path/, /leave one/],
    ['postgres://u:hunter2@127.0.0.1:1,127.0.0.1:5432/db', /several hosts/, /primary/],
    ['postgres://u:hunter2@a,b/db', /several hosts/, /primary/],
    ['postgres:///db?host=a,b&user=u&password=hunter2', /several hosts/, /primary/],
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
