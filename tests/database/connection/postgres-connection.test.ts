import type { Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { parseConnectionUrl } from '../../../src/database/connection/connection-url.js';
import { PostgresConnection } from '../../../src/database/connection/postgres-connection.js';
import { openServerSocket } from '../../../src/database/connection/server-socket.js';
import { hasServer, serverUrl } from '../../harness/databases.js';
import { group } from '../../harness/group.js';

/** A connection, and who spoke on it: a word for each turn, however many packets it took. */
async function openWatched(): Promise<{ slot: PostgresConnection; turns: ('we' | 'server')[] }> {
  const address = parseConnectionUrl((await serverUrl())!);
  const turns: ('we' | 'server')[] = [];
  const note = (who: 'we' | 'server') => turns.at(-1) !== who && turns.push(who);
  const connect = async (signal: AbortSignal): Promise<Socket> => {
    const socket = await openServerSocket(address, signal);
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => (note('we'), write(...args));
    return socket.on('data', () => note('server'));
  };
  const { user, password, database, startup, timeoutMs } = address;
  return { slot: await PostgresConnection.open({ connect, user, password, database, startup, timeoutMs }), turns };
}

group('PostgresSlot', (test) => {
  if (!hasServer()) return test.skip('all', 'no PostgreSQL here');

  test('a statement takes one round trip, with bindings too, and so does one that fails', async () => {
    const { slot, turns } = await openWatched();
    const statements: [text: string, bindings: (string | null)[]][] = [
      ['select 1 as one', []],
      ['select $1::int + $2::int as sum, $3::text as nothing', ['1', '2', null]],
      ['select 1 / $1::int', ['0']],
      ['select $1::no_such_type', ['0']],
    ];
    for (const [text, bindings] of statements) {
      turns.length = 0;
      await slot.run(text, bindings).catch(() => undefined);
      assert.equal(turns, ['we', 'server'], text);
    }
    await slot.close();
  });
});
