import { userInfo } from 'node:os';
import { Failure } from '../../core/failure.js';

const TLS_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type TlsMode = (typeof TLS_MODES)[number];

/** How the connection is encrypted, in libpq's terms. */
export interface TlsSettings {
  mode: TlsMode;
  /** Path of a file with the trusted root certificates; undefined: those of Node. */
  rootCert: string | undefined;
  cert: string | undefined;
  key: string | undefined;
  passphrase: string | undefined;
}

/** A database's address and credentials. */
export interface Address {
  /** A name, an IP address, or the directory of a Unix socket (begins with `/`). */
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  tls: TlsSettings;
  /** Settings that the session starts with. */
  startup: Record<string, string>;
  timeoutMs: number;
  /** How long to wait for an answer before the server is probed. */
  probeAfterMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_TIMEOUT_MS = 8_000;
const PROBE_AFTER_MS = 30_000;
const EXPECTED_FORM = 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE';

/** Parameters of libpq and of other clients, which are not settings of the server. */
const CLIENT_SIDE = new Set(
  (
    'host port dbname user password connect_timeout sslmode ssl sslrootcert sslcert sslkey sslpassword ' +
    'application_name fallback_application_name channel_binding gssencmode gssdelegation krbsrvname gsslib ' +
    'sslcompression sslsni sslcrl sslcrldir sslcertmode sslnegotiation ssl_min_protocol_version require_auth ' +
    'ssl_max_protocol_version requirepeer keepalives keepalives_idle keepalives_interval keepalives_count ' +
    'tcp_user_timeout target_session_attrs load_balance_hosts passfile client_encoding uselibpqcompat ' +
    'pgbouncer connection_limit pool_timeout sslaccept'
  ).split(' '),
);

/**
 * Parses a database URL as libpq does; missing parts come from the `PG...` variables.
 *
 * @throws Failure (usage) that does not show the URL, which may hold a password
 */
export function parseConnectionUrl(url: string, environment: Environment = process.env): Address {
  const parts = splitUrl(url);
  const given = (name: string, variable: string) => parts.query.get(name) || environment[variable] || undefined;
  const user = parts.user || given('user', 'PGUSER') || userInfo().username;
  return {
    host: parts.host || given('host', 'PGHOST') || 'localhost',
    port: parsePort(parts.port || given('port', 'PGPORT') || '5432'),
    database: parts.database || given('dbname', 'PGDATABASE') || user,
    user,
    password: parts.password || given('password', 'PGPASSWORD') || '',
    tls: parseTls(given),
    startup: {
      application_name: given('application_name', 'PGAPPNAME') ?? 'chartctl',
      timezone: 'UTC',
      datestyle: 'ISO, MDY',
      ...Object.fromEntries([...parts.query].filter(([name]) => !CLIENT_SIDE.has(name))),
    },
    timeoutMs: parseTimeout(given('connect_timeout', 'PGCONNECT_TIMEOUT')),
    probeAfterMs: parseProbeDelay(parts.query.get('keepalives_idle')),
  };
}

/** `postgres://user@host:5432/database`, for messages: without the password. */
export function formatAddress({ host, port, database, user }: Address): string {
  const where = host.startsWith('/') ? encodeURIComponent(host) : host.includes(':') ? `[${host}]` : host;
  return `postgres://${user}@${where}:${port}/${database}`;
}

function splitUrl(text: string) {
  if (!URL.canParse(text)) throw toUrlFailure('DATABASE_URL was not understood');
  const url = new URL(text);
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')
    throw toUrlFailure('DATABASE_URL was not understood');
  // an unescaped # / ? in a password ends the host part, and messages would show the rest as a name
  const isCutShort = url.hash !== '' || url.pathname.includes('@') || [...url.searchParams.keys()].join().includes('@');
  if (isCutShort) {
    throw toUrlFailure(
      'DATABASE_URL contains # / ? or @ where it ends the password',
      '; in a password write them as %23 %2F %3F %40',
    );
  }
  return {
    host: decode(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: url.port,
    database: decode(url.pathname.slice(1)),
    user: decode(url.username),
    password: decode(url.password),
    query: url.searchParams,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw toUrlFailure('DATABASE_URL contains a "%" that is not part of an escape', '; write % itself as %25');
  }
}

function toUrlFailure(message: string, more = ''): Failure {
  return new Failure('usage', message, { hint: `${EXPECTED_FORM}${more}` });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Failure('usage', `the database's port was "${text}"`, { hint: 'expected a number from 1 to 65535' });
}

function parseTimeout(seconds: string | undefined): number {
  const requested = Number(seconds) * 1000;
  return requested > 0 ? Math.min(requested, MAX_TIMEOUT_MS) : MAX_TIMEOUT_MS;
}

function parseProbeDelay(seconds: string | null): number {
  const requested = Number(seconds) * 1000;
  return requested > 0 ? requested : PROBE_AFTER_MS;
}

function parseTls(given: (name: string, variable: string) => string | undefined): TlsSettings {
  const requested = given('sslmode', 'PGSSLMODE') ?? (given('ssl', '') === 'true' ? 'require' : 'prefer');
  const mode = TLS_MODES.find((known) => known === (requested === 'allow' ? 'prefer' : requested));
  if (!mode) {
    throw new Failure('usage', `sslmode was "${requested}"`, { hint: `expected one of ${TLS_MODES.join(', ')}` });
  }
  const rootCert = given('sslrootcert', 'PGSSLROOTCERT');
  const isSystem = rootCert === 'system';
  return {
    // as in libpq: with a root certificate "require" verifies; the system's roots always verify the name, too
    mode: isSystem ? 'verify-full' : mode === 'require' && rootCert ? 'verify-ca' : mode,
    rootCert: isSystem ? undefined : rootCert,
    cert: given('sslcert', 'PGSSLCERT'),
    key: given('sslkey', 'PGSSLKEY'),
    passphrase: given('sslpassword', 'PGSSLPASSWORD'),
  };
}
