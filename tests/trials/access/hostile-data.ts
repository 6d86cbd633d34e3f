import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeIn, hasShell } from '../../harness/shell-completion.js';
import { databaseEnvironment } from '../../harness/shell-world.js';
import type { Fault } from '../../loopback/faults.js';
import { HOSTILE_TEXTS, type InjectionWorld, NUL } from './injection-world.js';

type Kline = unknown[];

/** Responses of the exchange with a hostile text in one field. */
const ANSWERS: Readonly<Record<string, { path: string; fault: (value: string) => Fault }>> = {
  'a complaint': { path: 'klines', fault: (msg) => ({ status: 400, body: { code: -1100, msg } }) },
  'a ban': {
    path: 'klines',
    fault: (msg) => ({ status: 418, headers: { 'retry-after': '1' }, body: { code: -1003, msg } }),
  },
  'a page': { path: 'klines', fault: (body) => ({ body }) },
  'a redirect': {
    path: 'klines',
    fault: (value) => ({ status: 302, headers: { location: encodeURI(value) }, body: value }),
  },
  'a price': {
    path: 'klines',
    fault: (value) => ({
      change: (body: Kline[]) => body.map((line) => line.map((one, i) => (i === 2 ? value : one))),
    }),
  },
  'a time': {
    path: 'klines',
    fault: (value) => ({ change: (body: Kline[]) => body.map(([, ...others]) => [value, ...others]) }),
  },
  'the time of the server': { path: 'time', fault: (serverTime) => ({ body: { serverTime } }) },
  'a listed symbol': {
    path: 'exchangeInfo',
    fault: (value) => ({
      body: {
        symbols: [
          { symbol: value, status: value },
          { symbol: 'ETHUSDT', status: value },
        ],
      },
    }),
  },
};

/** Runs commands while the exchange sends hostile texts. */
export async function tryHostileAnswers(
  world: InjectionWorld,
  values: () => readonly string[],
): Promise<{ losses: string[]; tried: number }> {
  const losses: string[] = [];
  let tried = 0;
  for (const [name, { path, fault }] of Object.entries(ANSWERS)) {
    for (const value of values()) {
      tried += 1;
      world.exchange.faults.always(fault(value), { exchange: 'binance', path });
      const what = `${name} was ${JSON.stringify(value)}`;
      const printed: string[] = [];
      for (const argv of [
        ['backfill', 'ETHUSDT', '--minutes', '2', '--json', '--max-wait', '0'],
        ['jobs', '--limit', '2'],
        ['backfill', 'ETHUSDT', '--minutes', '2', '--max-wait', '0'],
      ]) {
        const { stdout, stderr } = await world.type(...argv);
        printed.push(stdout, stderr);
        if (argv.includes('--json')) losses.push(...checkDocument(stdout).map((loss) => `${what}: ${loss}`));
      }
      world.exchange.faults.clear();
      await world.query('DELETE FROM chartctl_throttle');
      if (printed.some((text) => text.includes('bug:'))) losses.push(`${what}: a bug: ${printed.join('')}`);
      losses.push(...(await world.inspect(what, ...printed)));
    }
  }
  return { losses, tried };
}

function checkDocument(text: string): string[] {
  try {
    JSON.parse(text);
    return text.trimEnd().includes('\n') ? ['the document is of several lines'] : [];
  } catch (error) {
    return [`no JSON document: ${String(error)}: ${text}`];
  }
}

/** A marker that is in every hostile symbol and nowhere else. */
const MARK = 'LEGACY';
/** Texts that an existing table may hold in its symbol column. */
const SYMBOLS = HOSTILE_TEXTS.filter((value) => !value.includes(NUL)).flatMap((value) => [
  `${MARK}${value}`,
  `BTC${MARK}${value}`,
]);
const FILES = { report: 'page.html', rows: 'rows.csv', metrics: 'chartctl.prom', outputs: 'outputs' };

/** Runs every command that takes all symbols on a table with hostile ones; removes the rows afterwards. */
export async function tryHostileRows(world: InjectionWorld): Promise<{ losses: string[]; tried: number }> {
  for (const symbol of SYMBOLS)
    await world.query(
      `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
       VALUES (?, date_trunc('minute', now()) - interval '1 h', 1, 1, 1, 1, 1)`,
      [symbol],
    );
  const losses: string[] = [];
  const count = async () => (await world.query(`SELECT 1 FROM rolling_chart_data WHERE symbol !~ '^BTCUSDT$'`)).length;
  const variables = { GITHUB_OUTPUT: join(world.folder, FILES.outputs) };
  for (const line of [
    ['status', '--all', '--metrics-file', FILES.metrics],
    ['clean', '--all'],
    ['rebuild', '--all'],
    ['verify', '--all', '--minutes', '5'],
    ['export-training-set', '--all', '--out', FILES.rows],
    ['report', '--all', '--out', FILES.report],
    ['check-retrain', '--all', '--github-output', '--no-hooks'],
    ['history'],
    ['jobs'],
    ['doctor'],
    ['complete-symbols', 'B'],
  ]) {
    const { stdout, stderr } = await world.typeWith(variables, ...line);
    const what = `${line.join(' ')} with hostile symbols`;
    losses.push(...(await world.inspect(what, stdout, stderr)));
    if (stderr.includes('bug:')) losses.push(`${what}: ${stderr}`);
    if (stdout.includes(MARK)) losses.push(`${what} shows them as symbols: ${stdout}`);
    if (line.includes('--all') && !stderr.includes('rows with an invalid symbol'))
      losses.push(`${what} did not report them: ${stderr}`);
  }
  for (const name of readdirSync(world.folder).filter((entry) => Object.values(FILES).includes(entry)))
    if (readFileSync(join(world.folder, name), 'utf8').includes(MARK)) losses.push(`${name} holds them`);
  if (readFileSync(join(world.folder, FILES.report), 'utf8').includes('<script>alert('))
    losses.push('a reason runs as a script of the report');
  if ((await count()) !== SYMBOLS.length) losses.push(`${await count()} of ${SYMBOLS.length} hostile rows are left`);
  losses.push(...(await completeSymbol(world)));
  await world.query(`DELETE FROM rolling_chart_data WHERE symbol !~ '^BTCUSDT$'`);
  return { losses, tried: SYMBOLS.length };
}

/** Lets a real bash complete symbols with the built program. */
async function completeSymbol(world: InjectionWorld): Promise<string[]> {
  const bin = join(world.folder, 'bin');
  if (!hasShell('bash') || !existsSync('dist/bin/chartctl.js'))
    return ['there is no bash, or no program: npm run build'];
  const { stdout } = await world.type('completion', 'bash');
  const environment = { ...databaseEnvironment(world.database.daily), PATH: `${bin}:${process.env.PATH}` };
  const offered = await completeIn('bash', stdout, ['chartctl status BT'], { cwd: world.folder, environment });
  const losses = await world.inspect('completion with hostile symbols', stdout);
  if (JSON.stringify(offered) !== '[["BTCUSDT"]]') losses.push(`bash offered ${JSON.stringify(offered)}`);
  return losses;
}
