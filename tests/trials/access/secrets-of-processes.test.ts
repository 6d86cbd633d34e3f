import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { toShellCommand } from '../../../src/core/shell-words.js';
import { generatedSource } from '../../../src/exchange/replay/candle-source.js';
import { type ProcessResult, type RunningProcess, startChartctl } from '../../harness/chartctl-process.js';
import { createDatabase, createRoles } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import {
  type Cluster,
  findServerPrograms,
  runStatement,
  startCluster,
  USER_WITH_PASSWORD,
} from '../../harness/scratch-cluster.js';
import { NOW } from '../../harness/shell-world.js';
import { concludeTrial } from '../../harness/trial.js';
import { fault } from '../../loopback/faults.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';
import { findLeak, MARK } from './marked-secrets.js';

const RIGHT = `${MARK}@/:#?%&=+ x`;
const WRONG = `${MARK} another`;
const BACKFILL = ['backfill', 'BTCUSDT', '--minutes', '60'];

/** A server that asks for a password, an exchange and processes. */
interface World {
  cluster: Cluster;
  exchange: Loopback;
  folder: string;
  start: (variables: Record<string, string>, ...argv: string[]) => RunningProcess;
  /** The database's URL, with a password or without. */
  urlWith: (password?: string) => string;
}

const programs = findServerPrograms();
if (!programs) {
  group('secrets of processes', (test) => test.skip('all of it', 'no PostgreSQL programs here'));
} else {
  group<World>(
    'secrets of processes',
    (test) => {
      test(
        'no process list, and no process that is refused or loses its server, shows a password',
        async (world) => {
          const losses = [
            ...(await logIn(world)),
            ...(await listWaitingBackfill(world)),
            ...(await listTraining(world)),
            ...(await loseServer(world)),
          ];
          concludeTrial({
            fault: 'processes with secrets that are listed, refused or disconnected',
            tried: 7,
            unit: 'runs',
            losses,
          });
        },
        { timeoutMs: 180_000 },
      );
    },
    { setup: () => openWorld(programs), teardown: closeWorld },
  );
}

async function openWorld(serverPrograms: string): Promise<World> {
  const cluster = await startCluster(serverPrograms);
  await createRoles(cluster.url);
  const database = await createDatabase(cluster.url);
  const { config } = database;
  if (config.kind !== 'postgres') throw new Error('only a server asks for passwords');
  await runStatement(cluster.url, `CREATE ROLE ${USER_WITH_PASSWORD} LOGIN PASSWORD '${RIGHT}' IN ROLE chartctl_daily`);
  const exchange = await startLoopback({ binance: generatedSource(['BTCUSDT']), nowMs: NOW + 5_000 });
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-secrets-'));
  const start: World['start'] = (variables, ...argv) =>
    startChartctl(argv, { cwd: folder, environment: { HOME: folder, ...exchange.environment, ...variables } });
  const migrated = await start({ DATABASE_URL: config.url }, 'migrate').ended;
  if (migrated.exitCode !== 0) throw new Error(migrated.stderr);
  await database.limitRoles();
  const urlWith = (password = '') => {
    const url = new URL(config.url);
    url.username = USER_WITH_PASSWORD;
    url.password = encodeURIComponent(password);
    return url.href;
  };
  return { cluster, exchange, folder, start, urlWith };
}

async function closeWorld({ exchange, folder, cluster }: World): Promise<void> {
  await exchange.close();
  rmSync(folder, { recursive: true });
  await cluster.stop();
}

/** The right password works from the URL and from PGPASSWORD; a wrong one is refused and not printed. */
async function logIn({ start, urlWith }: World): Promise<string[]> {
  const losses: string[] = [];
  for (const [password, exitCode] of [
    [RIGHT, 0],
    [WRONG, 2],
  ] as const) {
    for (const variables of [{ DATABASE_URL: urlWith(password) }, { DATABASE_URL: urlWith(), PGPASSWORD: password }])
      losses.push(...checkEnd(await start(variables, ...BACKFILL).ended, [exitCode]));
  }
  return losses;
}

async function listWaitingBackfill({ start, urlWith, exchange }: World): Promise<string[]> {
  const waiting = await startWaiting({ start, urlWith, exchange }, '2025-05-20');
  const listed = listProcesses(waiting.pid, 1);
  exchange.faults.clear();
  return [...listed, ...checkEnd(await waiting.ended, [0])];
}

/** Lists the processes while chartctl runs a training program. */
async function listTraining({ start, urlWith, folder }: World): Promise<string[]> {
  const code = `
    const fs = require('fs');
    fs.writeFileSync('began', '');
    const timer = setInterval(() => fs.existsSync('go-on') && clearInterval(timer), 20)`;
  const exec = toShellCommand([process.execPath, '-e', code]);
  const secrets = { DATABASE_URL: urlWith(RIGHT), CHARTCTL_PING_URL: `http://me:${MARK}@127.0.0.1:1/${MARK}` };
  const training = start(secrets, 'check-retrain', 'BTCUSDT', '--exec', exec);
  let end: ProcessResult | undefined;
  void training.ended.then((found) => (end = found));
  while (!existsSync(join(folder, 'began'))) {
    if (end) return [`nothing was trained: ${JSON.stringify(end)}`];
    await sleep(20);
  }
  const listed = listProcesses(training.pid, 2);
  writeFileSync(join(folder, 'go-on'), '');
  return [...listed, ...checkEnd(await training.ended, [0])];
}

async function loseServer({ start, urlWith, exchange, cluster }: World): Promise<string[]> {
  const waiting = await startWaiting({ start, urlWith, exchange }, '2025-05-21');
  cluster.crash();
  exchange.faults.clear();
  return checkEnd(await waiting.ended, [75]);
}

/** A backfill of an empty hour that waits for the exchange. */
async function startWaiting({ start, urlWith, exchange }: Pick<World, 'start' | 'urlWith' | 'exchange'>, day: string) {
  exchange.requests.length = 0;
  exchange.faults.always(fault.slow(2_000), { path: 'klines' });
  const range = ['--from', day, '--to', `${day}T01:00Z`];
  const waiting = start({ DATABASE_URL: urlWith(RIGHT) }, 'backfill', 'BTCUSDT', ...range, '--json');
  let end: ProcessResult | undefined;
  void waiting.ended.then((found) => (end = found));
  while (!exchange.requests.some(({ path }) => path.endsWith('klines'))) {
    if (end) throw new Error(`it asked for nothing: ${JSON.stringify(end)}`);
    await sleep(20);
  }
  return waiting;
}

function checkEnd({ exitCode, stdout, stderr }: ProcessResult, expected: readonly number[]): string[] {
  const leak = findLeak(`${stdout}\n${stderr}`);
  const losses = leak === undefined ? [] : [`it printed ${leak}`];
  if (!expected.includes(exitCode ?? -1)) losses.push(`ended with ${exitCode}: ${stdout}${stderr}`);
  return losses;
}

/** Checks how the system lists a process and its descendants. */
function listProcesses(root: number, expected: number): string[] {
  const all = execFileSync('ps', ['-ww', '-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^ *(\d+) +(\d+) (.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, args]) => ({ pid: Number(pid), parent: Number(parent), args: args! }));
  const family = all.filter(({ pid }) => pid === root);
  for (const { pid } of family) family.push(...all.filter(({ parent }) => parent === pid));
  const leaks = family.map(({ args }) => findLeak(args)).filter((leak) => leak !== undefined);
  const losses = leaks.map((leak) => `the system lists: ${leak}`);
  if (family.length < expected) losses.push(`${family.length} processes were listed, expected ${expected}`);
  return losses;
}
