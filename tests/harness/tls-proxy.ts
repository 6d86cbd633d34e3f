import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket, createSecureContext } from 'node:tls';

const TLS_REQUEST_LENGTH = 8;

export interface TlsProxy {
  /** The server's URL through the proxy. */
  url: URL;
  /** The path of the root certificate. */
  rootCert: string;
  /** The requested server names (SNI). */
  serverNames: (string | false | null)[];
  stop: () => void;
}

/** Starts a proxy that adds TLS as PostgreSQL with `ssl = on` does. Its certificate is for `localhost`. */
export async function startTlsProxy(serverUrl: string): Promise<TlsProxy> {
  const directory = mkdtempSync(join(tmpdir(), 'chartctl-tls-'));
  const { key, cert, rootCert } = makeCertificates(directory);
  const secureContext = createSecureContext({ key, cert });
  const target = new URL(serverUrl);
  const serverNames: TlsProxy['serverNames'] = [];
  const open = new Set<Socket>();

  const proxy = createServer((client) => {
    open.add(client);
    client.on('error', () => client.destroy());
    client.once('data', (request) => {
      if (request.length !== TLS_REQUEST_LENGTH) return client.destroy();
      client.write('S');
      const secure = new TLSSocket(client, { isServer: true, secureContext });
      secure.on('error', () => client.destroy());
      secure.once('secure', () => {
        serverNames.push((secure as unknown as { servername: string | false | null }).servername);
        const server = connect({ host: target.hostname, port: Number(target.port) });
        server.on('error', () => client.destroy());
        secure.pipe(server).pipe(secure);
      });
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(serverUrl);
  url.host = `localhost:${(proxy.address() as AddressInfo).port}`;
  const stop = () => {
    proxy.close();
    for (const client of open) client.destroy();
    rmSync(directory, { recursive: true });
  };
  return { url, rootCert, serverNames, stop };
}

/** Creates a root certificate and one of a host, valid for a number of days; -1 makes it expired. */
export function makeCertificates(
  directory: string,
  { host = 'localhost', days = 1 }: { host?: string; days?: number } = {},
): { key: Buffer; cert: Buffer; rootCert: string } {
  const file = (name: string) => join(directory, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const newKey = ['-newkey', 'rsa:2048', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
    '-days',
    '1',
    '-subj',
    '/CN=ca',
  );
  openssl('req', ...newKey, '-keyout', file('key.pem'), '-out', file('request.pem'), '-subj', `/CN=${host}`);
  writeFileSync(file('names'), `subjectAltName=DNS:${host}\n`);
  const authority = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    file('request.pem'),
    ...authority,
    '-days',
    String(days),
    '-extfile',
    file('names'),
    '-out',
    file('cert.pem'),
  );
  return { key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')), rootCert: file('ca.pem') };
}

export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
