import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROLES } from '../../harness/databases.js';
import { findProgram } from '../../harness/find-program.js';
import { findFreePort, unprivilegedAccount, waitForAnswer } from '../../harness/scratch-cluster.js';

export const PGBOUNCER = findProgram('pgbouncer');

export interface PoolerOptions {
  mode: 'transaction' | 'session' | 'statement';
  /** Connections to the server for each user and database; pgbouncer's default is 20. */
  size?: number;
}

export interface Pooler {
  /** The URL of the same user and database through the pooler. */
  through: (databaseUrl: string) => string;
  stop: () => Promise<void>;
}

const START_LIMIT_MS = 10_000;

/** Runs until standard input closes, which also happens when the tests die. */
const SERVE = `
pgbouncer=$1 directory=$2
"$pgbouncer" -q "$directory/pgbouncer.ini" &
cat >/dev/null
kill -TERM $!
wait $!
rm -rf "$directory"
`;

/** Starts a pgbouncer in front of a server on a free port of the loopback address. */
export async function startPooler(serverUrl: string, { mode, size = 20 }: PoolerOptions): Promise<Pooler> {
  if (!PGBOUNCER) throw new Error('there is no pgbouncer');
  const server = new URL(serverUrl);
  const port = await findFreePort();
  const directory = mkdtempSync(join(tmpdir(), 'chartctl-pooler-'));
  const users = [...ROLES, server.username].map((user) => `"${user}" "only-for-tests"\n`);
  writeFileSync(join(directory, 'users'), users.join(''));
  writeFileSync(
    join(directory, 'pgbouncer.ini'),
    `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(directory, 'users')}
pool_mode = ${mode}
default_pool_size = ${size}
max_client_conn = 500
`,
  );
  const account = unprivilegedAccount();
  if (account)
    for (const path of [directory, join(directory, 'users'), join(directory, 'pgbouncer.ini')])
      chownSync(path, account.uid, account.gid);
  const child = spawn('sh', ['-c', SERVE, 'sh', PGBOUNCER, directory], {
    ...account,
    cwd: directory,
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const through = (databaseUrl: string) => {
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${port}`;
    return url.href;
  };
  await waitForAnswer(through(serverUrl), START_LIMIT_MS);
  return { through, stop: () => (child.stdin.end(), ended) };
}
