import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { CopyChunks } from '../../../src/database/connection/driver-copy.js';
import { PostgresConnection } from '../../../src/database/connection/postgres-connection.js';
import { expectError } from '../../harness/expect-failure.js';
import { group } from '../../harness/group.js';
import { encodeErrorResponse } from '../../harness/wire-format.js';

/** A message of the protocol: type, length, content. */
function message(type: string, content = ''): Buffer {
  const bytes = Buffer.from(`${type}0000${content}`);
  bytes.writeUInt32BE(4 + content.length, 1);
  return bytes;
}

const AUTHENTICATED = Buffer.concat([message('R', '\0\0\0\0'), message('Z', 'I')]);
const COPY_IN_RESPONSE = message('G', '\0\0\0');
const COMPLETED = Buffer.concat([message('C', 'COPY 1\0'), message('Z', 'T')]);
const TIMEOUT = encodeErrorResponse({ S: 'ERROR', C: '57014', M: 'canceling statement due to statement timeout' });
const DUPLICATE_KEY = encodeErrorResponse({ S: 'ERROR', C: '23505', M: 'duplicate key', n: 'candles_pkey' });
const FAILED = message('Z', 'E');

/** A server whose answers the test sends. While it is stalled, it takes no more bytes. */
class FakeServer extends Duplex {
  isStalled = false;
  received: Buffer[] = [];

  override _read(): void {
    // the test sends the answers
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.received.push(chunk);
    if (!this.isStalled) done();
  }

  /** Sends messages in one read. As with a socket's data, no promise job is running then, so ticks come first. */
  send(...messages: Buffer[]): void {
    setImmediate(() => this.push(Buffer.concat(messages)));
  }

  /** Waits until the client has sent something, and answers. */
  async answer(...messages: Buffer[]): Promise<string> {
    while (this.received.length === 0) await nextTurn();
    const text = Buffer.concat(this.received).toString('latin1');
    this.received = [];
    this.send(...messages);
    return text;
  }
}

/** The driver's connection to a server that has just received a COPY. */
async function startCopy(chunks: CopyChunks) {
  const server = new FakeServer();
  const options = { user: 'u', password: 'p', database: 'd', startup: {}, timeoutMs: 30_000 };
  const opening = PostgresConnection.open({ ...options, connect: () => Promise.resolve(server) });
  await server.answer(AUTHENTICATED);
  await server.answer(COMPLETED);
  const connection = await opening;
  const copied = connection.copyIn('copy t from stdin', chunks);
  while (server.received.length === 0) await nextTurn();
  server.received = [];
  return { server, connection, copied };
}

/** Runs another statement. Before it, a server ignores what is left of a failed COPY. */
async function requireUsable(server: FakeServer, connection: PostgresConnection): Promise<void> {
  await nextTurn();
  server.received = [];
  const run = connection.run('rollback', []);
  assert.is(await server.answer(message('C', 'ROLLBACK\0'), message('Z', 'I')), message('Q', 'rollback\0').toString());
  assert.is(((await run) as { command: string }).command, 'ROLLBACK');
  await connection.close();
}

/** A hundred chunks; `pulled` counts those that were read. */
function countedRows(size: number) {
  const state = { pulled: 0, isClosed: false };
  function* rows() {
    try {
      while (state.pulled < 100) {
        state.pulled += 1;
        yield Buffer.alloc(size);
      }
    } finally {
      state.isClosed = true;
    }
  }
  return { state, rows: rows() };
}

group('COPY FROM STDIN', (test) => {
  test('an error in the same read as CopyInResponse rejects', async () => {
    const { server, connection, copied } = await startCopy(['1\n']);
    server.send(COPY_IN_RESPONSE, TIMEOUT, FAILED);
    assert.is((await expectError(copied)).code, '57014');
    await requireUsable(server, connection);
  });

  test('small chunks are joined into one message, and CopyDone follows', async () => {
    const { server, connection, copied } = await startCopy(['1\n', Buffer.from('2\n')]);
    server.send(COPY_IN_RESPONSE);
    const expected = Buffer.concat([message('d', '1\n2\n'), message('c')]);
    while (Buffer.concat(server.received).length < expected.length) await nextTurn();
    assert.is(await server.answer(COMPLETED), expected.toString());
    await copied;
    await requireUsable(server, connection);
  });

  test('an error that arrives after the last row rejects', async () => {
    const { server, connection, copied } = await startCopy(['1\n', '1\n']);
    server.send(COPY_IN_RESPONSE);
    await server.answer(DUPLICATE_KEY, FAILED);
    const error = (await expectError(copied)) as Error & { code?: string; constraint?: string };
    assert.equal([error.code, error.constraint], ['23505', 'candles_pkey']);
    await requireUsable(server, connection);
  });

  test('an error between two messages rejects at once, and nothing more is sent when the source continues', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    async function* rows() {
      yield Buffer.alloc(100_000);
      await released;
      yield Buffer.alloc(100_000);
    }
    const { server, connection, copied } = await startCopy(rows());
    server.send(COPY_IN_RESPONSE);
    await server.answer(DUPLICATE_KEY, FAILED);
    assert.is((await expectError(copied)).code, '23505');
    server.received = [];
    release();
    await nextTurn();
    assert.equal(server.received, []);
    await requireUsable(server, connection);
  });

  test('an error of the source is sent as CopyFail, and is thrown', async () => {
    function* rows() {
      yield '1\n';
      throw new Error('the source failed');
    }
    const { server, connection, copied } = await startCopy(rows());
    server.send(COPY_IN_RESPONSE);
    assert.match(await server.answer(TIMEOUT, FAILED), /^f/);
    assert.is((await expectError(copied)).message, 'the source failed');
    await requireUsable(server, connection);
  });

  test('rows are read no faster than the server takes them, and a lost connection closes their source', async () => {
    const { state, rows } = countedRows(70_000);
    const { server, connection, copied } = await startCopy(rows);
    server.isStalled = true;
    server.send(COPY_IN_RESPONSE);
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    assert.ok(state.pulled <= 2, `${state.pulled} chunks were pulled`);
    server.destroy();
    assert.is((await expectError(copied)).code, 'CONNECTION_CLOSED');
    await nextTurn();
    assert.ok(state.isClosed);
    await connection.close();
  });
});
