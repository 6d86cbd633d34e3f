import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** The direction of bytes. */
export type Direction = 'to server' | 'to client';

/** A point of the traffic: after a number of bytes in a direction, or around the COMMIT of a number (from 1 on). */
export type TriggerPoint =
  { direction: Direction; bytes: number } | { commit: number; is: 'before it is sent' | 'before its answer' };

/** A proxied connection that can be broken. */
export interface ProxiedConnection {
  /** Sends RST to both ends. */
  reset(): void;
  /** Sends FIN to both ends. */
  end(): void;
  /** Drops all further bytes and closes in both directions without notice, like a cut cable. */
  dropTraffic(): void;
}

type Action = (connection: ProxiedConnection) => void | Promise<void>;

export interface FaultyProxy {
  /** The server's URL through the proxy. */
  url: string;
  /** The bytes and COMMITs since the last `reset`. */
  passed: Record<Direction | 'commits', number>;
  /** Runs an action once, on the connection that reaches the point; its following bytes wait until that is done. */
  onceAt(point: TriggerPoint, act: Action): void;
  /** Removes the action, resets the counters, and resets the connections whose traffic is dropped. */
  reset(): void;
  close(): void;
}

/** The statement with which Knex commits. */
const COMMIT = 'COMMIT;';

/** Starts an unencrypted proxy in front of a PostgreSQL server. */
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
    onceAt: (point, act) => (traffic.awaited = { point, act }),
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

/** The counters of all connections, and the action that waits for its point. */
class Traffic {
  readonly passed = { ...NO_TRAFFIC };
  awaited: { point: TriggerPoint; act: Action } | undefined;
  /** The connection whose COMMIT is being answered. */
  #committing: Connection | undefined;

  /** The offset of the awaited point in a chunk; undefined when it lies elsewhere. */
  offsetOf(connection: Connection, direction: Direction, chunk: Buffer): number | undefined {
    const isCommit = direction === 'to server' && chunk.includes(COMMIT);
    if (isCommit) this.passed.commits += 1;
    const before = this.passed[direction];
    this.passed[direction] += chunk.length;
    if (!this.awaited) return undefined;
    const { point } = this.awaited;
    if ('bytes' in point) {
      const isReached = point.direction === direction && point.bytes <= this.passed[direction];
      return isReached ? Math.max(0, point.bytes - before) : undefined;
    }
    if (isCommit && this.passed.commits === point.commit) {
      if (point.is === 'before it is sent') return 0;
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
      socket.setMaxListeners(0); // each waiting write adds listeners
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

/** Writes unless the socket is closed, and waits for its buffer to drain. */
async function write(to: Socket, bytes: Buffer): Promise<void> {
  if (bytes.length === 0 || to.destroyed || to.writableEnded) return;
  if (!to.write(bytes)) await Promise.race([new Promise((resolve) => to.once('drain', resolve)), closed(to)]);
}

/** Resolves when a socket is closed, also after an error. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
