import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasShell, completeIn } from '../../harness/shell-completion.js';
import { databaseVariables } from '../../harness/shell-world.js';
import { HOSTILE, NUL } from './hostile-values.js';
import type { InjectionWorld } from './injection-world.js';

/** Stands in each, and in nothing else. */
const MARK = 'LEGACY';
/** What a table that was there before may hold in a symbol's place. */
const SYMBOLS = HOSTILE.filter((value) => !value.includes(NUL)).flatMap((value) => [
  `${MARK}${value}`,
  `BTC${MARK}${value}`,
]);
const FILES = { report: 'page.html', rows: 'rows.csv', metrics: 'chartctl.prom', outputs: 'outputs' };

/** Every command that takes all symbols, in a table that holds hostile ones; the rows are gone afterwards. */
export async function workBesideHostile(world: InjectionWorld): Promise<{ losses: string[]; tried: number }> {
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
    const what = `${line.join(' ')} beside hostile symbols`;
    losses.push(...(await world.inspect(what, stdout, stderr)));
    if (stderr.includes('bug:')) losses.push(`${what}: ${stderr}`);
    if (stdout.includes(MARK)) losses.push(`${what} shows them as symbols: ${stdout}`);
    if (line.includes('--all') && !stderr.includes('whose symbol is none'))
      losses.push(`${what} did not say so: ${stderr}`);
  }
  for (const name of readdirSync(world.folder).filter((entry) => Object.values(FILES).includes(entry)))
    if (readFileSync(join(world.folder, name), 'utf8').includes(MARK)) losses.push(`${name} holds them`);
  if (readFileSync(join(world.folder, FILES.report), 'utf8').includes('<script>alert('))
    losses.push('a reason runs as a script of the report');
  if ((await count()) !== SYMBOLS.length) losses.push(`${await count()} of ${SYMBOLS.length} hostile rows are left`);
  losses.push(...(await pressTab(world)));
  await world.query(`DELETE FROM rolling_chart_data WHERE symbol !~ '^BTCUSDT$'`);
  return { losses, tried: SYMBOLS.length };
}

/** A real bash completes symbols of the table by the real program. */
async function pressTab(world: InjectionWorld): Promise<string[]> {
  const bin = join(world.folder, 'bin');
  if (!hasShell('bash') || !existsSync('dist/bin/chartctl.js'))
    return ['there is no bash, or no program: npm run build'];
  const { stdout } = await world.type('completion', 'bash');
  const environment = { ...databaseVariables(world.database.daily), PATH: `${bin}:${process.env.PATH}` };
  const offered = await completeIn('bash', stdout, ['chartctl status BT'], { cwd: world.folder, environment });
  const losses = await world.inspect('completing beside hostile symbols', stdout);
  if (JSON.stringify(offered) !== '[["BTCUSDT"]]') losses.push(`bash offered ${JSON.stringify(offered)}`);
  return losses;
}
