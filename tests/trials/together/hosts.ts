import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { findProgram } from '../../harness/find-program.js';

const IP = findProgram('ip');

/** A network namespace that stands for another host, with a virtual cable to this machine. */
export interface Host {
  /** The address of this machine from there. */
  address: string;
  /** The command that starts a process on the host. */
  launcher: readonly string[];
  /** Drops all packets in both directions without notice. */
  disconnect: () => void;
  reconnect: () => void;
}

/** Why no network namespace can be created here; undefined where it can. */
export function hostsSkipReason(): string | undefined {
  if (!IP) return 'no ip here: apt install iproute2';
  const name = `chartctl-${process.pid}-try`;
  const made = spawnSync(IP, ['netns', 'add', name], { encoding: 'utf8' });
  if (made.status !== 0) return `no network namespace can be made: ${made.stderr.trim()}`;
  spawnSync(IP, ['netns', 'del', name]);
  return undefined;
}

/** Creates hosts for `work`, each with its own network to this machine, and removes them afterwards. */
export async function withHosts<T>(count: number, work: (hosts: Host[]) => Promise<T>): Promise<T> {
  removeStaleNamespaces();
  const names = Array.from({ length: count }, (_, i) => `cc${process.pid}h${i}`);
  try {
    return await work(names.map(createHost));
  } finally {
    for (const name of names) spawnSync(IP!, ['netns', 'del', name]);
  }
}

/** Removes the namespaces of killed test processes: their networks may collide with new ones. */
function removeStaleNamespaces(): void {
  const { stdout } = spawnSync(IP!, ['netns', 'list'], { encoding: 'utf8' });
  for (const [name, pid] of stdout.matchAll(/^cc(\d+)h\d+/gm)) {
    if (!existsSync(`/proc/${pid}`)) spawnSync(IP!, ['netns', 'del', name]);
  }
}

function createHost(name: string, place: number): Host {
  const network = `10.213.${(process.pid + place) % 256}`;
  const address = `${network}.1`;
  ip('netns', 'add', name);
  ip('link', 'add', `${name}e`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  ip('addr', 'add', `${address}/24`, 'dev', `${name}e`);
  ip('link', 'set', `${name}e`, 'up');
  ip('-n', name, 'addr', 'add', `${network}.2/24`, 'dev', 'eth0');
  ip('-n', name, 'link', 'set', 'eth0', 'up');
  ip('-n', name, 'link', 'set', 'lo', 'up');
  return {
    address,
    launcher: [IP!, 'netns', 'exec', name],
    // the far end: the address here stays, so that packets are lost and not refused
    disconnect: () => ip('-n', name, 'link', 'set', 'eth0', 'down'),
    reconnect: () => ip('-n', name, 'link', 'set', 'eth0', 'up'),
  };
}

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync(IP!, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}

/** Forwards a port of this machine's loopback address to a host; returns a function that stops it. */
export async function forward(address: string, port: number): Promise<() => void> {
  const open = new Set<Socket>();
  const server = createServer((from) => {
    open.add(from);
    const to = connect({ host: '127.0.0.1', port });
    from.on('error', () => to.destroy());
    to.on('error', () => from.destroy());
    from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  return () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
}
