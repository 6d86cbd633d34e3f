import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import postgres, { type PendingQuery, type Row, type RowList, type Sql } from 'postgres';
import { type SessionOptions, toClientOptions } from './client-options.js';
import { captureFatalError, ConnectionError, toStatementError } from './connection-error.js';
import { detectDeadPeer, type PeerState } from './detect-dead-peer.js';
import { type CopyRowHandler, readCopyRows, writeCopyRows } from './driver-copy.js';

/** What opens a connection, and what it says about itself. */
export interface PostgresConnectionOptions extends SessionOptions {
  /** Gives the open stream, encrypted if need be; gives up when the signal aborts. */
  connect: (signal: AbortSignal) => Promise<Duplex>;
  /** Limit for everything until the first statement is answered, in milliseconds. */
  timeoutMs: number;
  /** Finds out when the server falls silent; `ask` gets the server process, if it stays the same. */
  watch?: { limitMs: number; ask: (pid: number | undefined) => Promise<PeerState> };
  /** Runs after the connection was closed or lost. */
  onClosed?: () => Promise<void>;
}

export type Binding = string | null;

/** What a statement gave, by the names that Knex's dialect expects. */
export interface StatementResult {
  command: string;
  rowCount: number;
  rows: Row[];
}

/**
 * One connection, which dies for good when its socket closes.
 *
 * postgres.js by itself reconnects silently, so that the rest of a transaction could run outside it, and it leaves
 * statements unsettled when a server process is terminated. So each slot has a client of its own that gets one
 * socket and no second one, and every statement is rejected when that socket closes.
 */
export class PostgresConnection {
  /** Knex's pool throws away a connection that has this set. */
  __knex__disposed: Error | undefined;
  /** Settles when the connection is closed or lost. */
  readonly closed: Promise<void>;
  /** What `select version()` said. */
  version = '';

  readonly #sql: Sql;
  readonly #socket: Duplex;
  readonly #pending = new Set<(error: Error) => void>();
  readonly #onClosed: () => Promise<void>;
  #hearLastWords: () => Error | undefined = () => undefined;

  private constructor(socket: Duplex, options: PostgresConnectionOptions) {
    this.#socket = socket;
    this.#onClosed = options.onClosed ?? (() => Promise.resolve());
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.once('close', () => {
      this.#onClosed().catch(() => undefined); // who closes it hears of that; who loses it has worse to hear
      this.#lose(this.#hearLastWords() ?? new ConnectionError());
    });
    this.#sql = postgres(toClientOptions(socket, options));
  }

  /** Opens a connection and waits until it answers. */
  static async open(options: PostgresConnectionOptions): Promise<PostgresConnection> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
    let slot: PostgresConnection | undefined;
    try {
      slot = new PostgresConnection(await options.connect(deadline.signal), options);
      await slot.#introduce(options);
      return slot;
    } catch (error) {
      await (slot ? slot.close() : options.onClosed?.());
      if (!deadline.signal.aborted) throw error;
      const isLetIn = slot?.hasReceivedData ?? false;
      throw new ConnectionError(
        `no answer within ${options.timeoutMs / 1000} s`,
        isLetIn ? 'ANSWER_TIMEOUT' : 'CONNECT_TIMEOUT',
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether the server, or a pooler before it, ever said anything. */
  get hasReceivedData(): boolean {
    return this.#socket instanceof Socket && this.#socket.bytesRead > 0;
  }

  /** The first statement: who is there. */
  async #introduce({ watch }: PostgresConnectionOptions): Promise<void> {
    const [answer, { state }] = await this.#guard(async () => {
      const result = await this.#sql.unsafe('select version() as version, pg_backend_pid() as pid');
      return [result[0], result] as const;
    });
    this.#hearLastWords = captureFatalError(this.#socket);
    this.version = String(answer?.version);
    if (!watch || !(this.#socket instanceof Socket)) return;
    // a pooler has processes of its own, and each transaction may get another one of the server's
    const pid = answer?.pid === state.pid ? state.pid : undefined;
    const stop = detectDeadPeer(this.#socket, {
      probeAfterMs: watch.limitMs,
      isAnswerPending: () => this.#pending.size > 0,
      probe: () => watch.ask(pid),
      onLost: (error) => {
        this.#lose(error);
        this.#socket.destroy();
      },
    });
    this.#socket.once('close', stop);
  }

  /** Runs a statement; without bindings the text may hold several, and each has its result. */
  async run(text: string, bindings: Binding[]): Promise<StatementResult | StatementResult[]> {
    const result = await this.#guard(() => (bindings.length > 0 ? this.#ask(text, bindings) : this.#sql.unsafe(text)));
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
        // a cursor whose connection is lost between two batches says "done": a cut-off result must not look whole
        if (this.#socket.destroyed) throw this.__knex__disposed ?? new ConnectionError();
        if (next.done) return;
        yield withoutHoles(next.value);
      }
    } finally {
      if (isOpen && !this.__knex__disposed) await cursor.return?.();
    }
  }

  /** Runs `COPY ... FROM STDIN` with rows in the statement's format, cut anywhere. */
  copyIn(statement: string, chunks: Iterable<string | Buffer> | AsyncIterable<string | Buffer>): Promise<void> {
    return this.#guard(() => writeCopyRows(this.#sql.unsafe(statement), chunks));
  }

  /** Runs `COPY ... TO STDOUT` and hands its rows over as they come, in the statement's format. */
  copyOut(statement: string, take: CopyRowHandler): Promise<void> {
    return this.#guard(() => readCopyRows(this.#socket, () => this.#sql.unsafe(statement), take));
  }

  /**
   * Ends the connection; a statement that is still running is rejected after a second. The server is told, but not
   * waited for.
   */
  async close(): Promise<void> {
    const isBusy = this.#pending.size > 0 && !this.#socket.destroyed;
    this.__knex__disposed ??= new ConnectionError('the connection was closed');
    await this.#sql.end({ timeout: isBusy ? 1 : 0 });
    this.#socket.destroy();
    await this.#onClosed();
  }

  /**
   * A statement with bindings, in one round trip.
   *
   * postgres.js would first ask the server for their types and wait. Ours are text, which needs no type; given past
   * its arguments they are sent along with the statement.
   */
  #ask(text: string, bindings: Binding[]): PendingQuery<Row[]> {
    const notSimple: { prepare: boolean; simple: boolean } = { prepare: false, simple: false };
    return Object.assign(this.#sql.unsafe<Row[]>(text, [], notSimple), { parameters: [...bindings] });
  }

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

/** postgres.js goes on counting where a failed statement stopped: the next result begins with holes. */
function withoutHoles(rows: Row[]): Row[] {
  return rows.filter(() => true);
}
