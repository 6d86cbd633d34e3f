import type { Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { parseConnectionUrl } from '../../../src/database/connection/connection-url.js';
import { PostgresConnection } from '../../../src/database/connection/postgres-connection.js';
import { openServerSocket } from '../../../src/database/connection/server-socket.js';
import { hasServer, serverUrl } from '../../harness/databases.js';
import { group } from '../../harness/group.js';

type Side = 'client' | 'server';

/** A connection, and which side sent on it: one entry a turn, however many packets it took. */
async function openRecorded(): Promise<{ connection: PostgresConnection; turns: Side[] }> {
  const address = parseConnectionUrl((await serverUrl())!);
  const turns: Side[] = [];
  const note = (side: Side) => turns.at(-1) !== side && turns.push(side);
  const connect = async (signal: AbortSignal): Promise<Socket> => {
    const socket = await openServerSocket(address, signal);
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => (note('client'), write(...args));
    return socket.on('data', () => note('server'));
  };
  const { user, password, database, startup, timeoutMs } = address;
  const connection = await PostgresConnection.open({ connect, user, password, database, startup, timeoutMs });
  return { connection, turns };
}

group('PostgresConnection', (test) => {
  if (!hasServer()) return test.skip('all', 'no PostgreSQL here');

  test('a statement takes one round trip, also with bindings (which relies on a detail of the driver), or when it fails', async () => {
    const { connection, turns } = await openRecorded();
    const statements: [text: string, bindings: (string | null)[]][] = [
      ['select 1 as one', []],
      ['select $1::int + $2::int as sum, $3::text as nothing', ['1', '2', null]],
      ['select 1 / $1::int', ['0']],
      ['select $1::no_such_type', ['0']],
    ];
    for (const [text, bindings] of statements) {
      turns.length = 0;
      await connection.run(text, bindings).catch(() => undefined);
      assert.equal(turns, ['client', 'server'], text);
    }
    await connection.close();
  });
});
