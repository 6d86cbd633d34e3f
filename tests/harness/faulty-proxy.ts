import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Which way bytes go. */
export type Direction = 'to server' | 'to client';

/** When something happens: as soon as so many bytes went that way, or around the COMMIT of the given number (from 1 on). */
export type TriggerPoint =
  { direction: Direction; bytes: number } | { commit: number; is: 'still unsent' | 'about to be answered' };

/** One connection through the proxy, which can be broken. */
export interface ProxiedConnection {
  /** Both ends learn of it at once (RST). */
  reset(): void;
  /** Both ends are told that no more comes (FIN). */
  end(): void;
  /** Whatever is sent gets lost, and nobody is told, also when one of the two goes away: as when a cable is cut. */
  dropTraffic(): void;
}

type Action = (connection: ProxiedConnection) => void | Promise<void>;

export interface FaultyProxy {
  /** The server's URL, by way of the proxy. */
  url: string;
  /** The bytes that went through, and the COMMITs, since the last `heal`. */
  passed: Record<Direction | 'commits', number>;
  /** At that moment acts on the connection on which it comes; what follows waits until that is done. Once. */
  onceAt(moment: TriggerPoint, act: Action): void;
  /** Forgets what was to happen and what went through, and drops the connections that fell silent. */
  reset(): void;
  close(): void;
}

/** What Knex ends a transaction with. */
const COMMIT = 'COMMIT;';

/** Connects clients with a PostgreSQL server, unencrypted, until something is to happen. */
export async function startFaultyProxy(serverUrl: string): Promise<FaultyProxy> {
  const target = new URL(serverUrl);
  const connections = new Set<Connection>();
  const traffic = new Traffic();

  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    const connection = new Connection(client.setNoDelay(true), upstream, traffic);
    connections.add(connection);
    void connection.ended.then(() => connections.delete(connection));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  url.searchParams.set('sslmode', 'disable');
  return {
    url: url.href,
    passed: traffic.passed,
    onceAt: (moment, act) => (traffic.awaited = { moment, act }),
    reset: () => {
      traffic.awaited = undefined;
      Object.assign(traffic.passed, NO_TRAFFIC);
      for (const connection of connections) if (connection.isDropping) connection.reset();
    },
    close: () => {
      server.close();
      for (const connection of connections) connection.reset();
    },
  };
}

const NO_TRAFFIC = { 'to server': 0, 'to client': 0, commits: 0 };

/** What goes through all connections, and what is to happen when. */
class Traffic {
  readonly passed = { ...NO_TRAFFIC };
  awaited: { moment: TriggerPoint; act: Action } | undefined;
  /** The connection whose COMMIT is being answered is the one to act on. */
  #committing: Connection | undefined;

  /** Where in a chunk the awaited moment lies; undefined when it does not. */
  offsetOf(connection: Connection, direction: Direction, chunk: Buffer): number | undefined {
    const isCommit = direction === 'to server' && chunk.includes(COMMIT);
    if (isCommit) this.passed.commits += 1;
    const before = this.passed[direction];
    this.passed[direction] += chunk.length;
    if (!this.awaited) return undefined;
    const { moment } = this.awaited;
    if ('bytes' in moment) {
      const isReached = moment.direction === direction && moment.bytes <= this.passed[direction];
      return isReached ? Math.max(0, moment.bytes - before) : undefined;
    }
    if (isCommit && this.passed.commits === moment.commit) {
      if (moment.is === 'still unsent') return 0;
      this.#committing = connection;
    } else if (direction === 'to client' && this.#committing === connection) {
      this.#committing = undefined;
      return 0;
    }
    return undefined;
  }

  async act(connection: ProxiedConnection): Promise<void> {
    const act = this.awaited?.act;
    this.awaited = undefined;
    await act?.(connection);
  }
}

class Connection implements ProxiedConnection {
  readonly ended: Promise<void>;
  isDropping = false;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #traffic: Traffic;

  constructor(client: Socket, server: Socket, traffic: Traffic) {
    this.#client = client;
    this.#server = server;
    this.#traffic = traffic;
    for (const socket of [client, server]) {
      socket.on('error', () => undefined); // "close" follows
      socket.setMaxListeners(0); // whoever waits for room also waits for the end
    }
    this.ended = Promise.all([this.#pass(client, server, 'to server'), this.#pass(server, client, 'to client')]).then(
      () => undefined,
    );
  }

  reset(): void {
    for (const socket of [this.#client, this.#server]) socket.resetAndDestroy();
  }

  end(): void {
    for (const socket of [this.#client, this.#server]) socket.destroy();
  }

  dropTraffic(): void {
    this.isDropping = true;
  }

  async #pass(from: Socket, to: Socket, direction: Direction): Promise<void> {
    let passing = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      from.pause();
      passing = this.#passChunk(chunk, to, direction).finally(() => from.resume());
    });
    await closed(from);
    await passing;
    if (!this.isDropping) to.end();
  }

  async #passChunk(chunk: Buffer, to: Socket, direction: Direction): Promise<void> {
    const place = this.isDropping ? undefined : this.#traffic.offsetOf(this, direction, chunk);
    if (place !== undefined) {
      await write(to, chunk.subarray(0, place));
      await this.#traffic.act(this);
    }
    if (!this.isDropping) await write(to, chunk.subarray(place ?? 0));
  }
}

/** Writes unless the other side is gone, and waits for it as TCP does. */
async function write(to: Socket, bytes: Buffer): Promise<void> {
  if (bytes.length === 0 || to.destroyed || to.writableEnded) return;
  if (!to.write(bytes)) await Promise.race([new Promise((resolve) => to.once('drain', resolve)), closed(to)]);
}

/** Also after an error, which says no more than that. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
