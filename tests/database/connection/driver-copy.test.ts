import { Duplex, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PendingQuery, Row } from 'postgres';
import * as assert from 'uvu/assert';
import { writeCopyRows } from '../../../src/database/connection/driver-copy.js';
import { DriverSocket } from '../../../src/database/connection/driver-socket.js';
import { expectError } from '../../harness/expect-failure.js';
import { group } from '../../harness/group.js';

/** A message of the protocol: type, length, content. */
function message(type: string, content = ''): Buffer {
  const bytes = Buffer.from(`${type}0000${content}`);
  bytes.writeUInt32BE(4 + content.length, 1);
  return bytes;
}

const DUPLICATE_KEY = message('E', 'SERROR\0C23505\0Mduplicate key\0\0');

/** A COPY whose writable, like the driver's after a refusal, never finishes. */
function startCopy() {
  const server = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const socket = new DriverSocket(server);
  socket.on('data', () => undefined);
  const rows: string[] = [];
  const writable = new Writable({
    write: (chunk: Buffer, _encoding, done) => (rows.push(chunk.toString()), done()),
    final: () => undefined,
  });
  const query = { writable: () => Promise.resolve(writable) } as unknown as PendingQuery<Row[]>;
  return { server, rows, completed: writeCopyRows(socket, query, ['1\n', '1\n']) };
}

group('writeCopyRows', (test) => {
  test('an error that arrives after the last row rejects', async () => {
    const { server, rows, completed } = startCopy();
    server.emit('data', message('G', '\0\0\0'));
    await nextTurn();
    assert.equal(rows, ['1\n1\n']);
    server.emit('data', Buffer.concat([DUPLICATE_KEY, message('Z', 'E')]));
    assert.is((await expectError(completed)).code, '23505');
  });

  test('the end of the statement before it is not taken for its own', async () => {
    const { server, completed } = startCopy();
    server.emit('data', Buffer.concat([message('3'), message('Z', 'T'), message('G', '\0\0\0')]));
    await nextTurn();
    server.emit('data', Buffer.concat([DUPLICATE_KEY, message('Z', 'E')]));
    assert.is((await expectError(completed)).code, '23505');
  });

  test('a connection that is lost while rows are sent rejects', async () => {
    const { server, completed } = startCopy();
    server.emit('data', message('G', '\0\0\0'));
    await nextTurn();
    server.destroy();
    assert.is((await expectError(completed)).code, 'CONNECTION_CLOSED');
  });
});
