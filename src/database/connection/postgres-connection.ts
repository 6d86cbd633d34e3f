import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import postgres, { type Row, type RowList, type Sql } from 'postgres';
import { type SessionOptions, toClientOptions } from './client-options.js';
import { captureFatalError, ConnectionError, toStatementError } from './connection-error.js';
import { detectDeadPeer, type PeerState } from './detect-dead-peer.js';
import { type CopyChunks, type CopyRowHandler, readCopyRows, writeCopyRows } from './driver-copy.js';
import { DriverSocket, type MessageHandler } from './driver-socket.js';
import { queryInOneRoundTrip } from './one-round-trip.js';

/** How a connection is opened. */
export interface PostgresConnectionOptions extends SessionOptions {
  /** Opens the stream, encrypted if required; fails when the signal aborts. */
  connect: (signal: AbortSignal) => Promise<Duplex>;
  /** Limit for everything until the first statement is answered, in milliseconds. */
  timeoutMs: number;
  /** Detects a dead peer; `probe` gets the process ID of the server, undefined behind a pooler. */
  deadPeer?: { probeAfterMs: number; probe: (pid: number | undefined) => Promise<PeerState> };
  /** Watches how the server authenticates the session. */
  authenticator?: (server: Duplex) => SessionGuard;
  /** Runs after the connection was closed or lost. */
  onClosed?: () => Promise<void>;
}

/** Sees the server's messages before the driver does, until the session has started. */
interface SessionGuard {
  readonly handle: MessageHandler;
  /** Why the connection was ended. */
  readonly failure: Error | undefined;
}

type Binding = string | null;

/** The result of a statement, with the property names that Knex's dialect expects. */
interface StatementResult {
  command: string;
  rowCount: number;
  rows: Row[];
}

/**
 * One connection, which is not opened again after its socket has closed.
 *
 * postgres.js reconnects by itself, so that the rest of a transaction could run outside it, and it does not settle
 * statements when the server process is terminated. So each connection has a client of its own that gets one socket
 * and no second one, and every pending statement is rejected when that socket closes.
 */
export class PostgresConnection {
  /** Knex's pool discards a connection that has this set. */
  __knex__disposed: Error | undefined;
  /** Settles when the connection is closed or lost. */
  readonly closed: Promise<void>;
  /** The answer to `select version()`. */
  version = '';

  readonly #sql: Sql;
  readonly #server: Duplex;
  readonly #socket: DriverSocket;
  readonly #pending = new Set<(error: Error) => void>();
  readonly #onClosed: () => Promise<void>;
  #fatalError: () => Error | undefined = () => undefined;
  #endAuthentication: () => void = () => undefined;

  private constructor(server: Duplex, options: PostgresConnectionOptions) {
    this.#server = server;
    this.#socket = new DriverSocket(server);
    this.#onClosed = options.onClosed ?? (() => Promise.resolve());
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.once('close', () => {
      this.#onClosed().catch(() => undefined); // close() reports this; otherwise the connection error wins
      this.#lose(this.#fatalError() ?? new ConnectionError());
    });
    const authenticator = options.authenticator?.(server);
    if (authenticator) {
      this.#endAuthentication = this.#socket.inspect(authenticator.handle);
      this.#fatalError = () => authenticator.failure;
    }
    this.#sql = postgres(toClientOptions(this.#socket, options));
  }

  /** Opens a connection and waits until it answers. */
  static async open(options: PostgresConnectionOptions): Promise<PostgresConnection> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
    let connection: PostgresConnection | undefined;
    try {
      connection = new PostgresConnection(await options.connect(deadline.signal), options);
      await connection.#introduce(options);
      return connection;
    } catch (error) {
      await (connection ? connection.close() : options.onClosed?.());
      if (!deadline.signal.aborted) throw error;
      throw new ConnectionError(
        `no answer within ${options.timeoutMs / 1000} s`,
        connection?.hasReceivedData ? 'ANSWER_TIMEOUT' : 'CONNECT_TIMEOUT',
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether the server, or a pooler in front of it, has sent anything. */
  get hasReceivedData(): boolean {
    return this.#server instanceof Socket && this.#server.bytesRead > 0;
  }

  /** Runs the first statement, which asks for the server's version and process ID. */
  async #introduce({ deadPeer }: PostgresConnectionOptions): Promise<void> {
    const [answer, { state }] = await this.#guard(async () => {
      const result = await this.#sql.unsafe('select version() as version, pg_backend_pid() as pid');
      return [result[0], result] as const;
    });
    this.#endAuthentication();
    this.#fatalError = captureFatalError(this.#socket);
    this.version = String(answer?.version);
    if (!deadPeer || !(this.#server instanceof Socket)) return;
    // a pooler announces process IDs of its own, and each transaction may run in another process of the server
    const pid = answer?.pid === state.pid ? state.pid : undefined;
    const stop = detectDeadPeer(this.#server, {
      probeAfterMs: deadPeer.probeAfterMs,
      isAnswerPending: () => this.#pending.size > 0,
      probe: () => deadPeer.probe(pid),
      onLost: (error) => {
        this.#lose(error);
        this.#socket.destroy();
      },
    });
    this.#socket.once('close', stop);
  }

  /** Runs a statement. Without bindings the text may hold several statements; each has its result. */
  async run(text: string, bindings: Binding[]): Promise<StatementResult | StatementResult[]> {
    const result = await this.#guard(() =>
      bindings.length > 0 ? queryInOneRoundTrip(this.#sql, text, bindings) : this.#sql.unsafe(text),
    );
    const isSeveral = Array.isArray(result[0]);
    return isSeveral ? Array.from(result as unknown as RowList<Row[]>[], toStatementResult) : toStatementResult(result);
  }

  /**
   * The rows of a query in batches, fetched as they are consumed. Leaving early closes the cursor and leaves the
   * connection usable.
   */
  async *stream(text: string, bindings: Binding[], batchSize: number): AsyncGenerator<Row[]> {
    const cursor = this.#sql.unsafe(text, bindings).cursor(batchSize)[Symbol.asyncIterator]();
    let isOpen = true;
    try {
      for (;;) {
        const next = await this.#guard(() => cursor.next());
        if (next.done) isOpen = false;
        // the driver's cursor also ends when the connection is lost between two batches
        if (this.#socket.destroyed) throw this.__knex__disposed ?? new ConnectionError();
        if (next.done) return;
        yield withoutHoles(next.value);
      }
    } finally {
      if (isOpen && !this.__knex__disposed) await cursor.return?.();
    }
  }

  /** Runs `COPY ... FROM STDIN` with rows in the statement's format. */
  copyIn(statement: string, chunks: CopyChunks): Promise<void> {
    return this.#guard(() => writeCopyRows(this.#socket, () => this.#sql.unsafe(statement), chunks));
  }

  /** Runs `COPY ... TO STDOUT` and hands its rows to `onRow` as they arrive, in the statement's format. */
  copyOut(statement: string, onRow: CopyRowHandler): Promise<void> {
    return this.#guard(() => readCopyRows(this.#socket, () => this.#sql.unsafe(statement), onRow));
  }

  /**
   * Ends the connection; a statement that is still running is rejected after a second. The server is told, its
   * answer is not waited for.
   */
  async close(): Promise<void> {
    const isBusy = this.#pending.size > 0 && !this.#socket.destroyed;
    this.__knex__disposed ??= new ConnectionError('the connection was closed');
    await this.#sql.end({ timeout: isBusy ? 1 : 0 });
    this.#socket.destroy();
    await this.#onClosed();
  }

  /** Runs `start` and rejects when the connection is lost before it settles. */
  #guard<T>(start: () => PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.__knex__disposed) return reject(this.__knex__disposed);
      this.#pending.add(reject);
      const settled = () => this.#pending.delete(reject);
      start().then(
        (value) => (settled(), resolve(value)),
        (error: Error) => (settled(), reject(toStatementError(error, this.#socket.errored))),
      );
    });
  }

  #lose(error: Error): void {
    this.__knex__disposed ??= error;
    for (const reject of this.#pending) reject(this.__knex__disposed);
    this.#pending.clear();
  }
}

function toStatementResult(result: RowList<Row[]>): StatementResult {
  const rows = withoutHoles(result);
  return { command: result.command, rowCount: result.count ?? rows.length, rows };
}

/** After a failed statement postgres.js continues to count rows where it stopped: the next result begins with holes. */
function withoutHoles(rows: Row[]): Row[] {
  return rows.filter(() => true);
}
