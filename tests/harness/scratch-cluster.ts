import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runStatement } from './run-statement.js';

/** The scratch server asks a user of this name, whom a test may make, for a password. */
export const USER_WITH_PASSWORD = 'with_password';

const START_LIMIT_MS = 30_000;

/**
 * Runs the server until standard input closes, which also happens when the test runner dies in whatever way;
 * then nothing is left behind.
 */
const SERVE = `
programs=$1 directory=$2 port=$3
shift 3
"$programs/postgres" -D "$directory/data" -k "$directory" -p "$port" -c listen_addresses=127.0.0.1 "$@" &
server=$!
cat >/dev/null
kill -QUIT $server
wait $server
rm -rf "$directory"
`;

/** Fast and careless of power cuts: what tests need. */
const TEST_SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  shared_buffers: '64MB',
  log_line_prefix: '%m [%p] ',
};

export interface Cluster {
  /** A superuser's URL. */
  url: string;
  stop: () => Promise<void>;
}

/** The directory with PostgreSQL's server programs, newest first where several are installed. */
export function findServerPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const candidates = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((version) => join(debian, version, 'bin')),
  ];
  return candidates.find(
    (directory) => existsSync(join(directory, 'initdb')) && existsSync(join(directory, 'postgres')),
  );
}

/**
 * Starts a PostgreSQL cluster of its own in a temporary directory, on a free port of the loopback address.
 *
 * @param settings what differs from PostgreSQL's defaults
 */
export async function startCluster(
  programs: string,
  settings: Readonly<Record<string, string>> = TEST_SETTINGS,
): Promise<Cluster> {
  const directory = mkdtempSync(join(tmpdir(), 'chartctl-postgres-'));
  const account = unprivilegedAccount();
  if (account) chownSync(directory, account.uid, account.gid);
  const options = { ...account, cwd: directory };
  const initdb = spawnSync(
    join(programs, 'initdb'),
    ['-D', join(directory, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
    { ...options, encoding: 'utf8' },
  );
  if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr}`, { cause: initdb.error });
  askForPassword(join(directory, 'data', 'pg_hba.conf'));

  const port = await findFreePort();
  const log = join(directory, 'log');
  const logFile = openSync(log, 'a', 0o666);
  const changed = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn('sh', ['-c', SERVE, 'sh', programs, directory, String(port), ...changed], {
    ...options,
    detached: true, // Ctrl-C ends the runner, and its end ends the server
    stdio: ['pipe', logFile, logFile],
  });
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  server.unref();
  const input = server.stdin as unknown as { unref(): void; end(): void };
  input.unref();

  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await waitUntilReady(url, log);
  const stop = () => {
    server.ref();
    input.end();
    return ended;
  };
  return { url, stop };
}

/** Everybody gets in without a password, but one user. */
function askForPassword(accessFile: string): void {
  writeFileSync(accessFile, `host all ${USER_WITH_PASSWORD} all scram-sha-256\n${readFileSync(accessFile, 'utf8')}`);
}

/** PostgreSQL refuses to run as root: the account to use instead. */
function unprivilegedAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  if (!account) throw new Error('running as root, and there is neither a user "postgres" nor "nobody"');
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

async function waitUntilReady(url: string, log: string): Promise<void> {
  const limit = Date.now() + START_LIMIT_MS;
  for (;;) {
    try {
      return await runStatement(url, 'select 1');
    } catch (error) {
      if (Date.now() < limit) await sleep(50);
      else throw new Error(`the scratch server did not start: ${readFileSync(log, 'utf8')}`, { cause: error });
    }
  }
}

/** A port of the loopback address on which nothing listens now. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
