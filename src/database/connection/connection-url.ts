import { userInfo } from 'node:os';
import { databaseUrlFailure, parseDatabaseUrl, severalHostsFailure } from '../../core/database-url.js';
import { Failure } from '../../core/failure.js';
import { quoteIdentifier } from '../format/text-format.js';
import { type RequiredAuthentication, parseRequiredAuthentication } from './required-authentication.js';
import { parseTls, type TlsSettings } from './tls-settings.js';
import { readUrlParameters } from './url-parameters.js';

/** A database's address and credentials. */
export interface Address {
  /** A name, an IP address, or the directory of a Unix socket (begins with `/`). */
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  tls: TlsSettings;
  /** Undefined: whatever the server asks for. */
  authentication: RequiredAuthentication | undefined;
  /** The only schema of the search path; undefined: the search path of the user. */
  schema: string | undefined;
  /** Settings that the session starts with. */
  startup: Record<string, string>;
  timeoutMs: number;
  /** How long to wait for an answer before the server is probed. */
  probeAfterMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_TIMEOUT_MS = 8_000;
const PROBE_AFTER_MS = 30_000;

/**
 * Parses a database URL as libpq does; missing parts come from the `PG...` variables.
 *
 * @throws Failure (usage) that does not show the URL, which may hold a password
 */
export function parseConnectionUrl(url: string, environment: Environment = process.env): Address {
  const parts = splitUrl(url);
  const parameters = readUrlParameters(parts.query, environment);
  const { given, inUrl, settings } = parameters;
  const user = parts.user || given('user') || getSystemUser();
  const schema = inUrl('schema') || undefined;
  const options = given('options');
  if (schema !== undefined && settings.search_path !== undefined) {
    throw new Failure('usage', 'schema and search_path in DATABASE_URL exclude each other', {
      hint: 'leave one of them',
    });
  }
  return {
    host: parseHost(parts.host || given('host') || 'localhost'),
    port: parsePort(parts.port || given('port') || '5432'),
    database: parts.database || given('dbname') || user,
    user,
    password: parts.password || given('password') || '',
    tls: parseTls(parameters),
    authentication: parseRequiredAuthentication(parameters),
    schema,
    startup: {
      application_name: given('application_name') ?? 'chartctl',
      timezone: 'UTC',
      datestyle: 'ISO, MDY',
      ...(options === undefined ? {} : { options }),
      ...(schema === undefined ? {} : { search_path: quoteIdentifier(schema) }),
      ...settings,
    },
    timeoutMs: parseTimeout(given('connect_timeout')),
    probeAfterMs: parseProbeDelay(inUrl('keepalives_idle')),
  };
}

/** @throws Failure (usage) where the system knows no name, as in a container whose uid is not in its passwd file */
function getSystemUser(): string {
  try {
    return userInfo().username;
  } catch (error) {
    const uid = process.getuid?.() ?? '?';
    throw new Failure('usage', `DATABASE_URL names no user, and the user of this process (uid ${uid}) has no name`, {
      hint: `name one: postgres://USER@HOST/DATABASE, or PGUSER`,
      cause: error,
    });
  }
}

/** `postgres://user@host:5432/database`, for messages: without the password. */
export function formatAddress({ host, port, database, user }: Address): string {
  const where = host.startsWith('/') ? encodeURIComponent(host) : host.includes(':') ? `[${host}]` : host;
  return `postgres://${user}@${where}:${port}/${database}`;
}

function splitUrl(text: string) {
  const url = parseDatabaseUrl(text);
  // an unescaped # / ? in a password ends the host part, and messages would show the rest as a name
  const isCutShort = url.hash !== '' || url.pathname.includes('@') || [...url.searchParams.keys()].join().includes('@');
  if (isCutShort) {
    throw databaseUrlFailure(
      'contains # / ? or @ where it ends the password',
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

function parseHost(text: string): string {
  if (text.includes(',') && !text.startsWith('/')) throw severalHostsFailure();
  return text;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw databaseUrlFailure('contains a "%" that is not part of an escape', '; write % itself as %25');
  }
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

function parseProbeDelay(seconds: string | undefined): number {
  const requested = Number(seconds) * 1000;
  return requested > 0 ? requested : PROBE_AFTER_MS;
}
