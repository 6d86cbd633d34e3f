import { spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';

/** Runs one statement on its own connection with the driver alone, without the code under test. */
export async function runStatement(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** The test server asks a role of this name, which a test may create, for a password. */
export const USER_WITH_PASSWORD = 'with_password';

const START_LIMIT_MS = 30_000;

/**
 * Runs the server until standard input closes, which also happens when the test runner dies, and removes its files.
 * A line on standard input restarts a server that has stopped.
 */
const SERVE = `
programs=$1 directory=$2 port=$3
shift 3
serve() {
  "$programs/postgres" -D "$directory/data" -k "$directory" -p "$port" -c listen_addresses=127.0.0.1 "$@" &
  server=$!
}
serve "$@"
while read -r again; do
  wait $server
  serve "$@"
done
kill -QUIT $server
wait $server
rm -rf "$directory"
`;

/** Fast settings without durability, and without compiling queries, which takes longer than running them on so few rows. */
export const TEST_SETTINGS = {
  fsync: 'off',
  jit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  shared_buffers: '64MB',
  log_line_prefix: '%m [%p] ',
};

export interface Cluster {
  /** A superuser's URL. */
  url: string;
  /** Kills all processes of the server (SIGKILL), as when its machine fails; committed data is on the disk. */
  crash: () => void;
  /** Starts a smart shutdown: refuses new connections and ends when all are closed. */
  shutDown: () => void;
  /** Restarts a crashed server and waits until it answers. */
  restart: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Where a cluster is created, and from what. */
export interface ClusterPlace {
  /** The directory in which its own directory is created. */
  parent?: string;
  /** Makes it a hot standby of the cluster with this URL. */
  standbyOf?: string;
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
 * Starts a temporary PostgreSQL cluster on a free port of the loopback address.
 *
 * @param settings settings other than the defaults
 */
export async function startCluster(
  programs: string,
  settings: Readonly<Record<string, string>> = TEST_SETTINGS,
  { parent = tmpdir(), standbyOf }: ClusterPlace = {},
): Promise<Cluster> {
  const directory = mkdtempSync(join(parent, 'chartctl-postgres-'));
  const account = unprivilegedAccount();
  if (account) chownSync(directory, account.uid, account.gid);
  const options = { ...account, cwd: directory };
  const data = join(directory, 'data');
  if (standbyOf === undefined) {
    runProgram(join(programs, 'initdb'), [...INITDB, '-D', data], options);
    requirePassword(join(data, 'pg_hba.conf'));
  } else {
    runProgram(
      join(dirname(realpathSync(join(programs, 'postgres'))), 'pg_basebackup'),
      ['-R', '-c', 'fast', '-d', standbyOf, '-D', data],
      options,
    );
  }

  const port = await findFreePort();
  const log = join(directory, 'log');
  const logFile = openSync(log, 'a', 0o666);
  const changed = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn('sh', ['-c', SERVE, 'sh', programs, directory, String(port), ...changed], {
    ...options,
    detached: true, // Ctrl-C stops the runner, whose exit stops the server
    stdio: ['pipe', logFile, logFile],
  });
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  server.unref();
  const input = server.stdin as unknown as { unref(): void; write(text: string): void; end(): void };
  input.unref();

  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await waitUntilReady(url, log);
  const stop = () => {
    server.ref();
    input.end();
    return ended;
  };
  const findServer = () => Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  const crash = () => killServer(findServer());
  const shutDown = () => void process.kill(findServer(), 'SIGTERM');
  const restart = () => {
    input.write('again\n');
    return waitUntilReady(url, log);
  };
  return { url, crash, shutDown, restart, stop };
}

const INITDB = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];

function runProgram(program: string, args: readonly string[], options: { cwd: string; uid?: number; gid?: number }) {
  const { status, stderr, error } = spawnSync(program, args, { ...options, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`, { cause: error });
}

/** The parent is killed first because it restarts its children. */
function killServer(pid: number): void {
  const children = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).stdout.trim();
  for (const victim of [pid, ...children.split(/\s+/).map(Number)]) kill(victim);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ESRCH: it has just ended
  }
}

/** Allows connections without a password, except for one role. */
function requirePassword(accessFile: string): void {
  const own = readFileSync(accessFile, 'utf8');
  writeFileSync(accessFile, `host all ${USER_WITH_PASSWORD} all scram-sha-256\n${own}\nhost all all samenet trust\n`);
}

/** The account for the server when the tests run as root, which PostgreSQL refuses. */
export function unprivilegedAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  if (!account) throw new Error('running as root, and there is neither a user "postgres" nor "nobody"');
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

async function waitUntilReady(url: string, log: string): Promise<void> {
  try {
    await waitForAnswer(url, START_LIMIT_MS);
  } catch (error) {
    throw new Error(`the scratch server did not start: ${readFileSync(log, 'utf8')}`, { cause: error });
  }
}

const ASK_AGAIN_MS = 30;

/** Waits until a server answers; after `limitMs` throws why it did not. */
export async function waitForAnswer(url: string, limitMs: number): Promise<void> {
  const limit = Date.now() + limitMs;
  for (;;) {
    try {
      return await runStatement(url, 'select 1');
    } catch (error) {
      if (Date.now() > limit) throw error;
      await sleep(ASK_AGAIN_MS);
    }
  }
}

/** A free port of the loopback address. */
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
