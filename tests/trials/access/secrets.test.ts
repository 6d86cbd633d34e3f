import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { declareProgram } from '../../../src/commands/commands.js';
import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { createRandom, type Random } from '../../harness/random.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import { type Receiver, startReceiver } from '../../monitoring/start-receiver.js';
import { BAD_DATABASES, findLeak, PASSWORDS, secretVariables } from './marked-secrets.js';
import { openWorkingWorld, type WorkingWorld } from './working-day.js';

const server = databases().find(({ name }) => name === 'PostgreSQL');

/** Arguments of each command, valid and refused ones. `demo` takes no database. */
const CALLS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  migrate: [['--status'], ['--dry-run'], []],
  ingest: [['BTCUSDT'], ['btc usdt']],
  backfill: [
    ['BTCUSDT', '--minutes', '3'],
    ['--symbols-file', 'nowhere'],
    ['BTCUSDT', '--hours', 'x'],
  ],
  import: [['.'], ['nowhere'], ['rows.csv', '--symbol', 'BTCUSDT']],
  clean: [['BTCUSDT'], ['--all', '--keep-history', '1']],
  rebuild: [['BTCUSDT'], ['BTCUSDT', '--timestamps', 'nowhere']],
  'export-training-set': [
    ['BTCUSDT', '--out', 'rows.csv'],
    ['BTCUSDT', '--out', '/nowhere/rows.csv'],
  ],
  'check-retrain': [['BTCUSDT'], ['BTCUSDT', '--exec', 'no-such-program'], ['BTCUSDT', '--mark-trained']],
  status: [['BTCUSDT'], ['BTCUSDT', '--sources']],
  report: [['BTCUSDT', '--out', 'page.html']],
  verify: [['BTCUSDT']],
  jobs: [[]],
  list: [[], ['--csv']],
  symbols: [
    ['--quote', 'USDT'],
    ['--status', 'HALT'],
  ],
  doctor: [[]],
  history: [['BTCUSDT']],
  diff: [
    ['rows.csv', 'now'],
    ['1', 'now'],
  ],
  reproduce: [['1'], ['rows.csv'], ['nowhere']],
  undo: [['1'], ['x']],
  retire: [['ETHUSDT', '--reason', 'renamed'], ['NOSUCHUSDT'], ['btc usdt']],
  unretire: [['ETHUSDT'], ['BTCUSDT']],
  schedule: [
    ['crontab', 'BTCUSDT'],
    ['systemd', 'BTCUSDT', '--check-retrain'],
  ],
  config: [[], ['--config', 'nowhere']],
  init: [
    ['BTCUSDT', '--schedule', 'none'],
    ['BTCUSDT', '--schedule', 'systemd'],
  ],
  completion: [['bash']],
  'complete-symbols': [['B']],
  demo: [],
};
const STYLES = [[], ['--json'], ['--log-format', 'json'], ['--quiet'], ['--no-such-flag']];
const RUNS = effort(150, 2_000);

interface World extends WorkingWorld {
  receiver: Receiver;
}

group<World>(
  'secrets',
  (test) => {
    if (!server) return test.skip('all of it', 'no PostgreSQL here');

    test('every command is called', () => {
      const names = declareProgram().commands.map((command) => command.name());
      assert.equal(
        names.filter((name) => !(name in CALLS) && name !== 'help'),
        [],
      );
    });

    test(
      'no password appears in anything that a command prints, writes or stores, whatever fails',
      async (world) => {
        const losses: string[] = [];
        const random = createRandom(RUN_SEED, 'secrets');
        for (let run = 0; run < RUNS; run += 1) losses.push(...(await runWithSecrets(world, random)));
        const kept = await readStoredTexts(world);
        for (const [place, text] of kept) losses.push(...findLeaks(place, text));
        concludeTrial({
          fault: 'commands that fail while their URLs hold secrets',
          tried: RUNS * 2 + kept.length,
          unit: 'outputs',
          losses: [...new Set(losses)],
          seed: RUN_SEED,
        });
      },
      { timeoutMs: effort(180_000, 7_200_000) },
    );
  },
  {
    setup: async () => ({ ...(await openWorkingWorld(server!)), receiver: await startReceiver() }),
    teardown: async ({ close, receiver }) => {
      await receiver.close();
      await close();
    },
  },
);

/** Runs one command with secrets in all its URLs; returns the places where they appear. */
async function runWithSecrets(world: World, random: Random): Promise<string[]> {
  const { superuser } = world.database;
  if (superuser.kind !== 'postgres') throw new Error('only a server has passwords');
  const [name, calls] = random.pick(Object.entries(CALLS).filter(([, those]) => those.length > 0));
  const argv = [name, ...random.pick(calls), ...random.pick(STYLES)];
  const [fault, toUrl] = random.pick(Object.entries(BAD_DATABASES));
  const password = random.pick(PASSWORDS);
  const variables = {
    ...secretVariables(password, world.receiver.url),
    ...(random.fraction() < 0.5 ? world.exchange.environment : {}),
    CHARTCTL_MAX_WAIT: '0',
    CHARTCTL_METRICS_FILE: 'chartctl.prom',
    DATABASE_URL: toUrl(password, new URL(superuser.url)),
  };
  const { stdout, stderr } = await world.typeWith(variables, ...argv);
  const what = `${argv.join(' ')} with ${fault}, password ${JSON.stringify(password)}`;
  return [...findLeaks(`stdout of ${what}`, stdout), ...findLeaks(`stderr of ${what}`, stderr)];
}

function findLeaks(place: string, text: string): string[] {
  const leak = findLeak(text);
  return leak === undefined ? [] : [`${place}: ${leak}`];
}

/** All created files, stored rows and sent pings. */
async function readStoredTexts({ folder, asOwner, receiver }: World): Promise<[string, string][]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name): [string, string] => [name, readFileSync(join(folder, name), 'latin1')]);
  const rows = await asOwner(async ({ knex }) => {
    const tables = await knex.raw<{ rows: { name: string }[] }>(
      `SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'chartctl\\_%'`,
    );
    return Promise.all(
      tables.rows.map(async ({ name }): Promise<[string, string]> => {
        const found = await knex.raw<{ rows: { text: string }[] }>(`SELECT to_jsonb(t)::text AS text FROM ${name} t`);
        return [name, found.rows.map(({ text }) => text).join('\n')];
      }),
    );
  });
  return [...files, ...rows, ['pings', receiver.received.map(({ body }) => body).join('\n')]];
}
