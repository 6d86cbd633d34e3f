import { PassThrough } from 'node:stream';
import * as assert from 'uvu/assert';
import { captureFatalError } from '../../../src/database/connection/connection-error.js';
import { openStore } from '../../../src/database/open-store.js';
import { hasServer, serverUrl } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { runStatement } from '../../harness/scratch-cluster.js';
import { encodeErrorResponse } from '../../harness/wire-format.js';

function capture(...chunks: Buffer[]): { code: string; message: string } | undefined {
  const socket = new PassThrough();
  const findError = captureFatalError(socket);
  for (const chunk of chunks) socket.emit('data', chunk);
  const error = findError();
  return error && { code: error.code, message: error.message };
}

group('captureFatalError', (test) => {
  const timeout = encodeErrorResponse({ S: 'FATAL', C: '08P01', M: 'query_wait_timeout' });

  test('the errors of a pooler are told apart by their messages', () => {
    assert.equal(capture(timeout), { code: 'POOLER_FULL', message: 'query_wait_timeout' });
    const message = 'transaction blocks not allowed in statement pooling mode';
    assert.equal(capture(encodeErrorResponse({ S: 'FATAL', C: '08P01', M: message })), {
      code: 'POOLER_MODE',
      message,
    });
  });

  test('a fatal error is found at the end of the last chunk only', () => {
    assert.is(capture(Buffer.from('EEE'), Buffer.concat([Buffer.from('DATA E'), timeout]))?.code, 'POOLER_FULL');
    assert.is(capture(timeout, Buffer.from('Z')), undefined);
    assert.is(capture(encodeErrorResponse({ S: 'ERROR', C: '23505', M: 'duplicate key' })), undefined);
    assert.is(capture(), undefined);
  });

  test('an unknown fatal error is a lost connection', () => {
    const end = { S: 'FATAL', C: '08P01', M: 'server conn crashed?' };
    assert.equal(capture(encodeErrorResponse(end)), { code: 'CONNECTION_CLOSED', message: 'server conn crashed?' });
    assert.is(capture(encodeErrorResponse({ S: 'FATALE', V: 'FATAL', C: '57P01', M: 'fin' }))?.code, '57P01');
  });

  if (!hasServer()) return test.skip('the error of a server', 'no PostgreSQL here');

  test('a session terminated during a statement rejects with the reason', async () => {
    const server = (await serverUrl())!;
    const store = await openStore({ kind: 'postgres', url: server });
    const { rows } = await store.knex.raw<{ rows: { pid: number }[] }>('select pg_backend_pid() as pid');
    const waiting = store.knex.raw('select pg_sleep(30)').then(
      () => assert.unreachable('it was not ended'),
      (error: { code?: string; message: string }) => error,
    );
    await runStatement(server, `select pg_terminate_backend(${rows[0]!.pid})`);
    const error = await waiting;
    await store.close();
    assert.is(error!.code, '57P01');
    assert.match(error!.message, /terminating connection due to administrator command/);
  });
});
