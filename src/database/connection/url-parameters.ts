import { Failure } from '../../core/failure.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A parameter of libpq, or of another client, which is not a setting of the server. */
interface ClientParameter {
  /** The variable that holds it where the URL does not. */
  variable?: string;
  /** The only values that are supported: a request for security is never ignored. */
  accepts?: readonly string[];
  /** What to write instead of a value that is not supported. */
  instead?: string;
}

const NOT_SUPPORTED: ClientParameter = { accepts: [], instead: 'leave it out' };
const NAME_HOST = { accepts: [], instead: 'name host, port and database in DATABASE_URL' };

const CLIENT_PARAMETERS: Readonly<Record<string, ClientParameter>> = {
  host: { variable: 'PGHOST' },
  port: { variable: 'PGPORT' },
  dbname: { variable: 'PGDATABASE' },
  user: { variable: 'PGUSER' },
  password: { variable: 'PGPASSWORD' },
  connect_timeout: { variable: 'PGCONNECT_TIMEOUT' },
  application_name: { variable: 'PGAPPNAME' },
  keepalives_idle: {},
  schema: {},
  options: { variable: 'PGOPTIONS' },
  hostaddr: NAME_HOST,
  service: NAME_HOST,
  servicefile: NAME_HOST,

  ssl: {},
  sslmode: { variable: 'PGSSLMODE' },
  sslaccept: { accepts: ['strict', 'accept_invalid_certs'] },
  sslrootcert: { variable: 'PGSSLROOTCERT' },
  sslcert: { variable: 'PGSSLCERT' },
  sslkey: { variable: 'PGSSLKEY' },
  sslpassword: { variable: 'PGSSLPASSWORD' },
  sslcrl: { variable: 'PGSSLCRL' },
  sslcrldir: { variable: 'PGSSLCRLDIR', accepts: [], instead: 'name the file with sslcrl' },
  sslsni: { variable: 'PGSSLSNI', accepts: ['0', '1'] },
  sslcertmode: { variable: 'PGSSLCERTMODE', accepts: ['disable', 'allow'] },
  sslnegotiation: { variable: 'PGSSLNEGOTIATION', accepts: ['postgres'] },
  sslidentity: { accepts: [], instead: 'name the certificate with sslcert and its key with sslkey' },
  sslfactory: { accepts: [], instead: 'use sslmode' },
  sslhostnameverifier: { accepts: [], instead: 'use sslmode' },
  sslpasswordcallback: NOT_SUPPORTED,
  ssl_min_protocol_version: { variable: 'PGSSLMINPROTOCOLVERSION' },
  ssl_max_protocol_version: { variable: 'PGSSLMAXPROTOCOLVERSION' },
  channel_binding: { variable: 'PGCHANNELBINDING', accepts: ['disable', 'prefer', 'require'] },
  require_auth: { variable: 'PGREQUIREAUTH' },
  requirepeer: { variable: 'PGREQUIREPEER', ...NOT_SUPPORTED },
  gssencmode: { variable: 'PGGSSENCMODE', accepts: ['disable', 'prefer'], instead: 'use TLS: sslmode' },
};

/** Parameters that change neither what a command does nor how safe the connection is. */
const IGNORED = new Set(
  (
    'fallback_application_name client_encoding passfile target_session_attrs load_balance_hosts uselibpqcompat ' +
    'sslcompression sslresponsetimeout gssdelegation gsslib krbsrvname gssresponsetimeout tcp_user_timeout ' +
    'keepalives keepalives_interval keepalives_count ' +
    // Prisma, and what hosts add to its URLs
    'pgbouncer connection_limit pool_timeout socket_timeout statement_cache_size supa workaround ' +
    // JDBC
    'loginTimeout socketTimeout tcpKeepAlive targetServerType loadBalanceHosts prepareThreshold stringtype ' +
    'reWriteBatchedInserts sslResponseTimeout gssResponseTimeout'
  ).split(' '),
);

/** JDBC's names. */
const ALIASES: Readonly<Record<string, string>> = {
  ApplicationName: 'application_name',
  channelBinding: 'channel_binding',
  connectTimeout: 'connect_timeout',
  currentSchema: 'search_path',
  gssEncMode: 'gssencmode',
  requireAuth: 'require_auth',
  sslMode: 'sslmode',
  sslNegotiation: 'sslnegotiation',
};

/** The server has no setting with such a name that a session may have: it is meant for the client. */
const SECURITY_NAME = /^_*(use_?)?(ssl|tls|gss|krb|kerberos|auth|cert|ca_?|channel|require|encrypt|reject)/i;

/** The parameters of a database URL, over the variables of libpq. */
export interface UrlParameters {
  /** The value of a parameter in the URL, else of its variable; undefined if neither has a text. */
  readonly given: (name: string) => string | undefined;
  /** The value in the URL, also an empty one. */
  readonly inUrl: (name: string) => string | undefined;
  /** Settings for the session, which the server checks. */
  settings: Readonly<Record<string, string>>;
}

/**
 * Reads the parameters of a URL.
 *
 * @throws Failure (usage) for a parameter that is there twice, and for a request for security that is not understood or
 *   not supported: a connection without it would be less safe than requested
 */
export function readUrlParameters(query: URLSearchParams, environment: Environment): UrlParameters {
  const values = new Map<string, string>();
  for (const [written, value] of query) {
    const name = ALIASES[written] ?? written;
    if ((values.get(name) ?? value) !== value) {
      throw new Failure('usage', `DATABASE_URL has "${written}" twice`, { hint: 'leave one of them' });
    }
    values.set(name, value);
  }
  const isClientSide = (name: string) => Object.hasOwn(CLIENT_PARAMETERS, name) || IGNORED.has(name);
  const settings = [...values].filter(([name]) => !isClientSide(name));
  for (const [name] of settings) if (SECURITY_NAME.test(name)) throw unknownFailure(name);
  const given = (name: string) => {
    const { variable = '' } = CLIENT_PARAMETERS[name] ?? {};
    return values.get(name) || environment[variable] || undefined;
  };
  for (const name of Object.keys(CLIENT_PARAMETERS)) requireSupported(name, given(name), values.has(name));
  return { given, inUrl: (name) => values.get(name), settings: Object.fromEntries(settings) };
}

/** The URL with another time limit for connecting. */
export function withConnectTimeout(text: string, seconds: number): string {
  const url = new URL(text);
  for (const [alias, name] of Object.entries(ALIASES)) if (name === 'connect_timeout') url.searchParams.delete(alias);
  url.searchParams.set('connect_timeout', String(seconds));
  return url.href;
}

function unknownFailure(name: string): Failure {
  const known = Object.keys(CLIENT_PARAMETERS).find((candidate) => candidate === name.toLowerCase());
  const hint = known
    ? `did you mean "${known}"?`
    : 'the encryption of the connection is chosen by sslmode=disable, prefer, require, verify-ca or verify-full';
  return new Failure('usage', `DATABASE_URL has the parameter "${name}", which is not known`, { hint });
}

function requireSupported(name: string, value: string | undefined, isInUrl: boolean): void {
  const { variable, accepts, instead } = CLIENT_PARAMETERS[name]!;
  if (value === undefined || !accepts || accepts.includes(value)) return;
  const place = isInUrl ? `${name} in DATABASE_URL` : variable!;
  throw new Failure('usage', `${place} was ${showWord(value)}, which is not supported`, {
    hint: [...(accepts.length > 0 ? [`expected ${accepts.join(', ')}`] : []), ...(instead ? [instead] : [])].join('; '),
  });
}

/** A word of a URL for a message. A password with an unescaped "?" may be the value of a parameter: it is not shown. */
export function showWord(text: string): string {
  return /^[\w,.!+-]{0,40}$/.test(text) ? `"${text}"` : 'no known word';
}
