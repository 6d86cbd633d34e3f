import { Writable } from 'node:stream';
import { Failure } from '../core/failure.js';
import { redactPasswords } from '../core/secrets.js';

/** A JSON document on one line: dates become ISO 8601 with `Z`, undefined members are left out. */
export function formatJson(document: object): string {
  return `${JSON.stringify(document, replaceDate)}\n`;
}

/** `2025-06-01T12:00:00Z`, with milliseconds only where there are any. */
export function toIsoTime(time: number | Date): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

/** Called after `toJSON` of a date, which is therefore read from the object that holds it. */
function replaceDate(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  return original instanceof Date ? toIsoTime(original) : value;
}

/** A failure in a JSON document; `code` is a stable word. */
export interface FailureDocument {
  code: string;
  message: string;
  hint?: string | undefined;
  retryAfterMs?: number | undefined;
}

export function toFailureDocument(error: unknown): FailureDocument {
  if (!(error instanceof Failure)) {
    return { code: 'BUG', message: error instanceof Error ? error.message : String(error) };
  }
  const { message, hint, retryAfterMs } = error;
  return { code: error.code ?? error.kind.toUpperCase(), message, hint, retryAfterMs };
}

/** One message on standard error as JSON. */
interface LogEntry {
  level: 'info' | 'warn' | 'error';
  message: string;
  symbol?: string | undefined;
  /** A stable word, such as `UNKNOWN_SYMBOL`. */
  code?: string | undefined;
  /** What to do about it. */
  hint?: string | undefined;
  jobId?: number | null | undefined;
  /** Further members, such as counts. */
  [detail: string]: unknown;
}

/**
 * Standard error as a log: each line is one JSON object with time, level, command and message.
 *
 * Text that is written to the stream becomes an object a line.
 */
export class JsonLog extends Writable {
  readonly #target: NodeJS.WritableStream;
  readonly #command: string | null;
  #unfinished = '';

  /** @param command null when none was recognised */
  constructor(target: NodeJS.WritableStream, command: string | null) {
    super({ decodeStrings: false });
    this.#target = target;
    this.#command = command;
  }

  /** Writes one object and waits until it has been taken. */
  async log({ level, message, ...details }: LogEntry): Promise<void> {
    const entry = { time: new Date().toISOString(), level, command: this.#command, message, ...details };
    const line = JSON.stringify(entry, (_, value: unknown) =>
      typeof value === 'string' ? redactPasswords(value) : value,
    );
    await new Promise((resolve) => this.#target.write(`${line}\n`, resolve));
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    const lines = `${this.#unfinished}${chunk.toString()}`.split('\n');
    this.#unfinished = lines.pop() ?? '';
    void Promise.all(lines.map((line) => this.#logText(line))).then(() => done());
  }

  override _final(done: () => void): void {
    void this.#logText(this.#unfinished).then(() => done());
  }

  async #logText(line: string): Promise<void> {
    if (line.trim() !== '') await this.log({ level: 'info', message: line });
  }
}
