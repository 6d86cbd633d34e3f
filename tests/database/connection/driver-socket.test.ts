import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { DriverSocket } from '../../../src/database/connection/driver-socket.js';
import { group } from '../../harness/group.js';

/** A server's socket: `received` is what was written to it, `emit('data')` is what it sends. */
function fakeServer(): { server: Duplex; received: Buffer[] } {
  const received: Buffer[] = [];
  const server = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => (received.push(chunk), done()),
  });
  return { server, received };
}

/** A message of the protocol: type, length, content. */
function message(type: string, content: string): Buffer {
  const bytes = Buffer.from(`${type}0000${content}`);
  bytes.writeUInt32BE(4 + content.length, 1);
  return bytes;
}

/** What the driver gets of messages that arrive in chunks of `size` bytes, while those of type `d` are kept. */
async function passOn(messages: readonly Buffer[], size: number): Promise<{ passed: string; kept: string[] }> {
  const { server } = fakeServer();
  const socket = new DriverSocket(server);
  let passed = '';
  socket.on('data', (chunk: Buffer) => (passed += chunk.toString('latin1')));
  await nextTurn();
  const kept: string[] = [];
  const stop = socket.inspect((type, bytes, start, end) => {
    const isKept = type === 'd'.charCodeAt(0);
    if (isKept) kept.push(bytes.toString('latin1', start, end));
    return isKept;
  });
  const all = Buffer.concat(messages);
  for (let at = 0; at < all.length; at += size) server.emit('data', all.subarray(at, at + size));
  stop();
  return { passed, kept };
}

const MESSAGES = [message('H', 'start'), message('d', 'row 1'), message('N', ''), message('d', 'row 2')];

group('DriverSocket', (test) => {
  for (const size of [1, 3, 7, 12, 25, 1000]) {
    test(`messages that arrive ${size} bytes at a time are inspected whole, and passed on or kept`, async () => {
      const { passed, kept } = await passOn([...MESSAGES, message('Z', 'I')], size);
      assert.equal(kept, ['row 1', 'row 2']);
      const expected = [MESSAGES[0]!, MESSAGES[2]!, message('Z', 'I')];
      assert.is(passed, Buffer.concat(expected).toString('latin1'));
    });
  }

  test('an incomplete message is passed on when the inspection ends', async () => {
    const { passed } = await passOn([message('Z', 'I'), Buffer.from('N00')], 4);
    assert.is(passed, `${message('Z', 'I').toString('latin1')}N00`);
  });

  test('without inspection, and in the other direction, bytes pass unchanged', async () => {
    const { server, received } = fakeServer();
    const socket = new DriverSocket(server);
    let passed = '';
    socket.on('data', (chunk: Buffer) => (passed += chunk.toString('latin1')));
    await nextTurn();
    server.emit('data', Buffer.from('d00'));
    socket.write('to the server');
    assert.is(passed, 'd00');
    assert.is(Buffer.concat(received).toString(), 'to the server');
  });

  test('it is not open any more once it was ended', () => {
    const socket = new DriverSocket(fakeServer().server);
    assert.is(socket.readyState, 'open');
    socket.end('terminate');
    assert.is(socket.readyState, 'readOnly');
  });

  test('it closes with the server, and with its error', async () => {
    const { server } = fakeServer();
    const socket = new DriverSocket(server);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const broken = new Error('reset');
    server.destroy(broken);
    await closed;
    assert.is(socket.errored, broken);
    assert.is(socket.readyState, 'closed');
  });
});
