import type { SecureVersion } from 'node:tls';
import { Failure } from '../../core/failure.js';
import { showWord, type UrlParameters } from './url-parameters.js';

/** libpq's modes, the safest last. */
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
  /** Path of a file with revoked certificates. */
  revoked: string | undefined;
  minVersion: SecureVersion | undefined;
  maxVersion: SecureVersion | undefined;
  /** Whether the name of the host is sent to the server (SNI). */
  sendsHostName: boolean;
}

/** The modes with the words of node-postgres and libpq for them. */
const MODE_WORDS: Readonly<Record<string, TlsMode>> = {
  ...Object.fromEntries(TLS_MODES.map((mode) => [mode, mode])),
  allow: 'prefer',
  'no-verify': 'require',
};
/** The values of `ssl` beside the modes: with `true`, node-postgres and JDBC encrypt, and libpq requires it. */
const SSL_WORDS: Readonly<Record<string, TlsMode>> = {
  ...MODE_WORDS,
  '': 'require',
  true: 'require',
  '1': 'require',
  false: 'disable',
  '0': 'disable',
};
const VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/**
 * The encryption that a database URL, or else the variables of libpq, asks for.
 *
 * @throws Failure (usage) for a word that is not understood, and for words that contradict each other
 */
export function parseTls(parameters: UrlParameters): TlsSettings {
  const { given } = parameters;
  const requested = parseMode(parameters);
  const isUnverified = given('sslmode') === 'no-verify' || parameters.inUrl('ssl') === 'no-verify';
  const rootCert = isUnverified && requested === 'require' ? undefined : given('sslrootcert');
  const isSystem = rootCert === 'system';
  const isAnonymous = given('sslcertmode') === 'disable';
  const cert = isAnonymous ? undefined : given('sslcert');
  const key = isAnonymous ? undefined : given('sslkey');
  if (cert !== undefined && key === undefined) {
    throw new Failure('usage', 'sslcert was given without sslkey', {
      hint: 'name the key with sslkey; the file with the trusted root certificates is named by sslrootcert',
    });
  }
  return {
    // as in libpq: with a root certificate "require" verifies; the system's roots always verify the name, too
    mode: isSystem ? 'verify-full' : requested === 'require' && rootCert ? 'verify-ca' : requested,
    rootCert: isSystem ? undefined : rootCert,
    cert,
    key,
    passphrase: given('sslpassword'),
    revoked: given('sslcrl'),
    minVersion: parseVersion('ssl_min_protocol_version', given),
    maxVersion: parseVersion('ssl_max_protocol_version', given),
    sendsHostName: given('sslsni') !== '0',
  };
}

/** The safest of the modes in the URL; without one, that of `PGSSLMODE`. */
function parseMode({ given, inUrl }: UrlParameters): TlsMode {
  const ssl = inUrl('ssl');
  const inUrlModes = [
    ...(inUrl('sslmode') ? [parseWord('sslmode', inUrl('sslmode')!, MODE_WORDS)] : []),
    ...(ssl === undefined ? [] : [parseWord('ssl', ssl, SSL_WORDS)]),
    ...(inUrl('sslaccept') === 'strict' ? (['verify-full'] as const) : []),
  ];
  const safest = TLS_MODES.findLast((mode) => inUrlModes.includes(mode));
  const needsTls = safest !== undefined && safest !== 'disable' && safest !== 'prefer';
  if (needsTls && inUrlModes.includes('disable')) {
    throw new Failure('usage', 'ssl and sslmode in DATABASE_URL contradict each other', { hint: 'leave one of them' });
  }
  return safest ?? parseWord('sslmode', given('sslmode') ?? 'prefer', MODE_WORDS);
}

function parseWord(name: string, word: string, words: Readonly<Record<string, TlsMode>>): TlsMode {
  const mode = Object.hasOwn(words, word) ? words[word] : undefined;
  if (mode) return mode;
  throw new Failure('usage', `${name} was ${showWord(word)}`, { hint: `expected one of ${TLS_MODES.join(', ')}` });
}

function parseVersion(name: string, given: UrlParameters['given']): SecureVersion | undefined {
  const text = given(name);
  const version = VERSIONS.find((known) => known === text);
  if (text === undefined || version) return version;
  throw new Failure('usage', `${name} was ${showWord(text)}`, { hint: `expected one of ${VERSIONS.join(', ')}` });
}
