import type { Candle } from '../../../src/core/candle.js';
import { between, type Step, toSteps } from './step.js';
import type { StepsWorld } from './steps-world.js';

/** They send statements that earlier steps have sent. */
const REPEATS = [
  'clean of them again',
  'undo restores the future rows',
  'clean --remove-future again',
  'verify --repair --revised',
  'undo of that verify',
  'rebuild of nothing',
  'rebuild of some minutes',
];

/** Rows that other software changed or inserted, and what repairs them: clean, verify, rebuild, undo. */
export const REPAIR_STEPS: readonly Step[] = toSteps(
  'repair',
  {
    'clean --dry-run': (w) => w.chartctl('clean', '--all', '--dry-run', '--json'),
    'clean flags by the usual rules': (w) => w.chartctl('clean', '--all', '--json'),
    'clean again changes nothing': (w) => w.chartctl('clean', '--all', '--json'),
    'clean --with all rules': async (w) => {
      await change(w, 'BTCUSDT', 300, 1, 'high = high * 1.5, volume = volume / 10');
      await change(w, 'ETHUSDT', 400, 1, 'volume = volume * (open + close) / 2');
      await change(w, 'SOLUSDT', 900, 30, 'volume = volume * 200');
      await change(w, 'ADAUSDT', 700, 15, 'open = 0.5, high = 0.5, low = 0.5, close = 0.5, volume = 0');
      await w.chartctl('clean', '--all', '--with', 'all', '--sigma', '4', '--flat-minutes', '8', '--json');
    },
    'clean --repair --keep-flagged': (w) =>
      w.chartctl('clean', 'BNBUSDT', 'LTCUSDT', '--repair', '--keep-flagged', '--json'),
    'clean --repair': (w) => w.chartctl('clean', '--all', '--repair', '--json'),
    'clean of candles that are not sound': async (w) => {
      await change(w, 'DOGEUSDT', 200, 3, 'close = -1');
      await change(w, 'DOGEUSDT', 190, 1, "volume = 'NaN'");
      await w.chartctl('clean', 'DOGEUSDT', 'XRPUSDT', '--json');
    },
    'clean --accept of a minute': (w) =>
      w.chartctl('clean', 'DOGEUSDT', '--accept', w.at(200), '--reason', 'seen elsewhere', '--json'),
    'clean --accept of all open flags': (w) =>
      w.chartctl('clean', '--all', '--accept', 'all-open', '--reason', 'checked by hand', '--json'),
    'clean --repair of rows that other SQL flagged': async (w) => {
      await change(w, 'BTCUSDT', 120, 5, 'hasMissingData = true');
      await change(w, 'LTCUSDT', 120, 2, 'hasMissingData = true, close = close * 1.02');
      await w.chartctl('clean', 'BTCUSDT', 'LTCUSDT', '--repair', '--json');
    },
    'backfill of flagged rows keeps the flags': async (w) => {
      await change(w, 'ETHUSDT', 80, 4, 'hasMissingData = true');
      await w.chartctl('backfill', 'ETHUSDT', '--keep-flagged', '--json');
    },
    'backfill of flagged rows': (w) => w.chartctl('backfill', 'ETHUSDT', '--json'),
    'clean of rows off the minute and of duplicates': async (w) => {
      await insertOffMinute(w, 'SOLUSDT', 500, 30, true);
      await insertOffMinute(w, 'SOLUSDT', 480, 15, false);
      await insertOffMinute(w, 'XRPUSDT', 450, 1, false);
      await w.chartctl('clean', 'SOLUSDT', 'XRPUSDT', '--with', 'off_minute', '--json');
    },
    'undo of that clean': (w) => undoLast(w, 'clean'),
    'clean of them again': (w) => w.chartctl('clean', 'SOLUSDT', 'XRPUSDT', '--json'),
    'clean --remove-future': async (w) => {
      await copyRows(w, 'BNBUSDT', 5, 3, '2 hours');
      await w.chartctl('clean', 'BNBUSDT', '--remove-future', '--json');
    },
    'undo restores the future rows': (w) => undoLast(w, 'clean'),
    'clean --remove-future again': (w) => w.chartctl('clean', '--all', '--remove-future', '--json'),
    'backfill of deleted rows': async (w) => {
      for (const symbol of ['BTCUSDT', 'ADAUSDT']) await remove(w, symbol, 1_000, 90);
      await w.chartctl('backfill', 'BTCUSDT', 'ADAUSDT', '--hours', '24', '--json');
    },
    'undo of that backfill': (w) => undoLast(w, 'backfill'),
    'undo of the undo': (w) => undoLast(w, 'undo'),
    'verify finds no difference': (w) => w.chartctl('verify', 'BTCUSDT', 'LTCUSDT', '--hours', '24', '--json'),
    'verify --flag of candles that the exchange revised': async (w) => {
      for (const symbol of ['BTCUSDT', 'SOLUSDT']) w.revise(symbol, w.range(600, 10), reviseVolume);
      await w.chartctl('verify', 'BTCUSDT', 'SOLUSDT', 'ADAUSDT', '--hours', '24', '--flag', '--json');
    },
    'verify --repair': (w) => w.chartctl('verify', 'BTCUSDT', 'SOLUSDT', '--hours', '24', '--repair', '--json'),
    'verify --repair --revised': async (w) => {
      w.revise('ADAUSDT', w.range(800, 25), reviseVolume);
      await w.chartctl('verify', 'ADAUSDT', '--hours', '24', '--repair', '--revised', '--exit-code', '--json');
    },
    'undo of that verify': (w) => undoLast(w, 'verify'),
    'rebuild of nothing': (w) => w.chartctl('rebuild', '--all', '--json'),
    'rebuild --dry-run of wrong indicators': async (w) => {
      for (const symbol of ['ETHUSDT', 'DOGEUSDT']) await change(w, symbol, 640, 40, 'rsi = 1, macd = NULL');
      await w.chartctl('rebuild', '--all', '--dry-run', '--json');
    },
    'rebuild of some minutes': (w) => w.chartctl('rebuild', 'ETHUSDT', ...between(w, 640, 10), '--json'),
    'rebuild --all': (w) => w.chartctl('rebuild', '--all', '--json'),
    "rebuild of the platform's own rows": async (w) => {
      await change(w, 'LTCUSDT', 1_100, 60, 'written_at = NULL, isComplete = false, rsi = 50, volatility_60m = NULL');
      await w.chartctl('rebuild', 'LTCUSDT', '--json');
    },
    'undo of that rebuild': (w) => undoLast(w, 'rebuild'),
    "ingest and clean over the platform's own rows": async (w) => {
      await copyRows(w, 'XRPUSDT', 3, 3, '3 minutes');
      w.advance(5);
      await w.chartctl('ingest', '--all', '--json');
      await w.chartctl('rebuild', 'LTCUSDT', 'XRPUSDT', '--json');
      await w.chartctl('clean', '--all', '--json');
    },
  },
  REPEATS,
);

/** Runs `undo` of the newest job of a command. */
async function undoLast(world: StepsWorld, command: string): Promise<void> {
  const { stdout } = await world.chartctl('jobs', '--command', command, '--limit', '1', '--json');
  const { jobs } = JSON.parse(stdout) as { jobs: { jobId: number }[] };
  await world.chartctl('undo', String(jobs[0]!.jobId), '--json');
}

function reviseVolume(candle: Candle): Candle {
  return { ...candle, volume: candle.volume + 1 };
}

function change(world: StepsWorld, symbol: string, from: number, minutes: number, assignments: string): Promise<void> {
  return world.sql(`UPDATE rolling_chart_data SET ${assignments} WHERE ${rowsOf(world, symbol, from, minutes)}`);
}

function remove(world: StepsWorld, symbol: string, from: number, minutes: number): Promise<void> {
  return world.sql(`DELETE FROM rolling_chart_data WHERE ${rowsOf(world, symbol, from, minutes)}`);
}

/** Inserts a row some seconds after the minute; with `replaces` the minute's own row is deleted. */
async function insertOffMinute(
  world: StepsWorld,
  symbol: string,
  from: number,
  seconds: number,
  replaces: boolean,
): Promise<void> {
  await copyRows(world, symbol, from, 1, `${seconds} seconds`);
  if (!replaces) return;
  await world.sql(`DELETE FROM rolling_chart_data WHERE symbol = '${symbol}' AND timestamp = '${world.at(from)}'`);
}

/** Copies rows to later times, as other software inserts rows: without indicators. */
function copyRows(world: StepsWorld, symbol: string, from: number, minutes: number, later: string): Promise<void> {
  return world.sql(
    `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
     SELECT symbol, timestamp + interval '${later}', open, high, low, close, volume + 1
     FROM rolling_chart_data WHERE ${rowsOf(world, symbol, from, minutes)}`,
  );
}

function rowsOf(world: StepsWorld, symbol: string, from: number, minutes: number): string {
  const range = world.range(from, minutes);
  const [first, end] = [range.from, range.to].map((time) => new Date(time).toISOString());
  return `symbol = '${symbol}' AND timestamp >= '${first}' AND timestamp < '${end}'`;
}
