import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { Failure } from '../../core/failure.js';
import { ConnectionError } from './connection-error.js';
import { type Address, formatAddress } from './connection-url.js';
import type { TlsSettings } from './tls-settings.js';

/** Codes that end a TLS handshake for other reasons than its certificates. */
const NOT_CERTIFICATE_ERRORS = new Set(['ECONNRESET', 'ABORT_ERR', 'CONNECTION_CLOSED']);

/** The protocol's request for encryption: length 8, code 80877103. */
const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Connects to the server, encrypted as the address requires. Without Nagle's algorithm (no delay), which makes a small
 * COPY wait 40 ms for an acknowledgement.
 *
 * @throws ConnectionError with the system's code, or Failure (usage) about encryption
 */
export async function openServerSocket(address: Address, signal: AbortSignal): Promise<Socket> {
  const { host, port, tls } = address;
  const isLocal = host.startsWith('/');
  const socket = isLocal
    ? connect({ path: `${host}/.s.PGSQL.${port}`, signal })
    : connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: address.probeAfterMs, signal });
  await opened(socket, 'connect');
  if (isLocal || tls.mode === 'disable') return socket;
  const answer = await askForTls(socket);
  if (answer === 'S') return encrypt(socket, address);
  if (answer === 'N' && tls.mode === 'prefer') return socket;
  socket.destroy();
  if (answer !== 'N') {
    throw new Failure('usage', `the server at ${host}:${port} is not a PostgreSQL server`, {
      hint: 'check host and port in DATABASE_URL',
      code: 'NO_POSTGRESQL',
    });
  }
  throw new Failure('usage', `the database server at ${host}:${port} offers no encryption, sslmode was "${tls.mode}"`, {
    hint: 'enable TLS on the server, or use sslmode=prefer on a network you trust',
    code: 'NO_TLS',
  });
}

function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new ConnectionError());
    const onError = ({ message, code, cause }: NodeJS.ErrnoException) =>
      reject(new ConnectionError(message, code, cause));
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once(event, () => {
      socket.off('error', onError);
      socket.off('close', onClose);
      socket.on('error', () => undefined); // "close" follows, which users of the socket listen to
      resolve();
    });
  });
}

/** The server's answer of one byte; more bytes would be injected before the encryption (CVE-2021-23222). */
function askForTls(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (answer) => resolve(answer.length === 1 ? answer.toString('latin1') : ''));
    socket.once('close', () => reject(new ConnectionError()));
    socket.write(TLS_REQUEST);
  });
}

async function encrypt(socket: Socket, address: Address): Promise<TLSSocket> {
  const { connect: connectTls } = await import('node:tls');
  if (socket.destroyed) throw new ConnectionError();
  const { host, tls } = address;
  try {
    // for an IP address, Node would otherwise compare the certificate's name with "localhost"
    const secure = connectTls({
      socket,
      host,
      ...(isIP(host) || !tls.sendsHostName ? {} : { servername: host }),
      ...toTlsOptions(tls),
    });
    secure.setNoDelay(true);
    await opened(secure, 'secureConnect');
    return secure;
  } catch (error) {
    socket.destroy();
    const { message, code } = error as NodeJS.ErrnoException; // Node throws at once for a file that is not in PEM
    if (error instanceof Failure || code === undefined || NOT_CERTIFICATE_ERRORS.has(code)) throw error;
    throw new Failure('usage', `no trusted connection to ${formatAddress(address)} (sslmode ${tls.mode}): ${message}`, {
      hint: 'check sslmode and sslrootcert, sslcert, sslkey in DATABASE_URL',
      code,
      cause: error,
    });
  }
}

function toTlsOptions(tls: TlsSettings): ConnectionOptions {
  const isVerified = tls.mode === 'verify-ca' || tls.mode === 'verify-full';
  return {
    rejectUnauthorized: isVerified,
    ...(isVerified && tls.rootCert ? { ca: readPem('sslrootcert', tls.rootCert) } : {}),
    ...(isVerified && tls.revoked ? { crl: readPem('sslcrl', tls.revoked) } : {}),
    ...(tls.minVersion ? { minVersion: tls.minVersion } : {}),
    ...(tls.maxVersion ? { maxVersion: tls.maxVersion } : {}),
    ...(tls.mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
    ...(tls.cert ? { cert: readPem('sslcert', tls.cert) } : {}),
    ...(tls.key ? { key: readPem('sslkey', tls.key) } : {}),
    ...(tls.passphrase ? { passphrase: tls.passphrase } : {}),
  };
}

function readPem(parameter: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Failure('usage', `the file "${path}" of ${parameter} cannot be read`, {
      hint: `check ${parameter} in DATABASE_URL`,
      code: (error as NodeJS.ErrnoException).code,
      cause: error,
    });
  }
}
