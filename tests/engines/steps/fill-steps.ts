import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { fault } from '../../loopback/faults.js';
import { between, type Step, toSteps } from './step.js';
import { SYMBOLS } from './steps-world.js';

/** The last hours of a day that the archive has. */
const ARCHIVED = { from: Date.parse('2025-05-28T21:00Z'), to: Date.parse('2025-05-29T00:00Z') };
const ARCHIVED_DAY = ['--from', '2025-05-28', '--to', '2025-05-29'];

/** They send statements that earlier steps have sent. */
const REPEATS = [
  'ingest after a pause',
  'ingest --at',
  'backfill of known gaps asks nothing',
  'ingest of a halted symbol',
  'backfill that is cut off',
  'the same backfill again',
  'migrate of nothing',
];

/** Migration, live minutes and the past: from an empty database to complete tables. */
export const FILL_STEPS: readonly Step[] = toSteps(
  'fill',
  {
    'migrate --status of an empty database': { run: (w) => w.chartctl('migrate', '--status'), tellsEngine: true },
    'migrate --dry-run': { run: (w) => w.chartctl('migrate', '--dry-run'), tellsEngine: true },
    migrate: { run: (w) => w.chartctl('migrate'), tellsEngine: true },
    'migrate --rollback of empty tables': { run: (w) => w.chartctl('migrate', '--rollback'), tellsEngine: true },
    'migrate again': { run: (w) => w.chartctl('migrate'), tellsEngine: true },
    'migrate of nothing': { run: (w) => w.chartctl('migrate'), tellsEngine: true },
    'doctor of empty tables': { run: (w) => w.chartctl('doctor', ...SYMBOLS, '--json'), tellsEngine: true },
    'ingest of eight new symbols': (w) => w.chartctl('ingest', ...SYMBOLS, '--json'),
    'ingest of a symbol that the exchange does not know': (w) =>
      w.chartctl('ingest', 'BTCUSDT', 'NOSUCHUSDT', '--metrics-file', 'jobs.prom', '--json'),
    'backfill --dry-run': (w) => w.chartctl('backfill', ...SYMBOLS, '--hours', '24', '--dry-run', '--json'),
    'backfill of the past': (w) => w.chartctl('backfill', ...SYMBOLS, '--hours', '24', '--json'),
    'backfill of nothing': (w) => w.chartctl('backfill', '--all', '--hours', '24', '--json'),
    'ingest of the next minute': async (w) => {
      w.advance(1);
      await w.chartctl('ingest', '--all', '--json');
    },
    'ingest of the same minute': (w) => w.chartctl('ingest', '--all', '--json'),
    'ingest from a fallback exchange': async (w) => {
      w.advance(1);
      w.exchange.faults.always(fault.restricted(), { exchange: 'binance', path: 'klines' });
      await w.chartctl('ingest', '--all', '--json');
      w.exchange.faults.clear();
    },
    'ingest after a pause': async (w) => {
      w.advance(7);
      await w.chartctl('ingest', '--all', '--json');
    },
    'ingest --at': (w) => w.chartctl('ingest', 'ETHUSDT', 'SOLUSDT', '--at', w.at(2_000), '--json'),
    'ingest while the exchange bans the address': async (w) => {
      w.advance(1);
      w.exchange.faults.always(fault.banned({ retryAfterSeconds: 120 }), { exchange: 'binance' });
      await w.chartctl('ingest', '--all', '--max-wait', '1', '--json');
      w.exchange.faults.clear();
    },
    'backfill while the ban is recorded': (w) =>
      w.chartctl('backfill', 'BTCUSDT', '--minutes', '30', '--max-wait', '1', '--json'),
    'ingest after the ban': async (w) => {
      await w.sql('DELETE FROM chartctl_throttle');
      w.advance(3);
      await w.chartctl('ingest', '--all', '--json');
    },
    'backfill --replace-fallback': (w) => w.chartctl('backfill', '--all', '--replace-fallback', '--json'),
    'backfill of a gap of one symbol': async (w) => {
      w.exchange.hide('XRPUSDT', w.range(2_200, 12));
      await w.chartctl('backfill', 'XRPUSDT', ...between(w, 2_220, 60), '--json');
    },
    'backfill of a gap that two symbols share': async (w) => {
      for (const symbol of ['ADAUSDT', 'DOGEUSDT']) w.exchange.hide(symbol, w.range(2_100, 20));
      await w.chartctl('backfill', 'ADAUSDT', 'DOGEUSDT', ...between(w, 2_150, 100), '--json');
    },
    'backfill of known gaps asks nothing': (w) =>
      w.chartctl('backfill', 'ADAUSDT', 'DOGEUSDT', 'XRPUSDT', ...between(w, 2_220, 170), '--json'),
    'backfill --fill-gaps': (w) => w.chartctl('backfill', 'XRPUSDT', ...between(w, 2_220, 60), '--fill-gaps', '--json'),
    'ingest of a halted symbol': async (w) => {
      w.exchange.setState('LTCUSDT', 'HALT');
      w.advance(2);
      w.exchange.hide('LTCUSDT', w.range(2, 2));
      await w.chartctl('ingest', '--all', '--json');
      w.exchange.reveal();
    },
    'backfill of a symbol that is not traded any more': async (w) => {
      w.exchange.setState('LTCUSDT', 'BREAK');
      w.exchange.hide('LTCUSDT', w.range(30, 32));
      await w.sql(`DELETE FROM rolling_chart_data WHERE symbol = 'LTCUSDT' AND timestamp >= '${w.at(30)}'`);
      await w.chartctl('backfill', 'LTCUSDT', '--minutes', '60', '--json');
      w.exchange.reveal();
    },
    'backfill that is cut off': async (w) => {
      w.exchange.faults.always(fault.serverError(500), { exchange: 'binance', symbol: 'BNBUSDT' });
      await w.chartctl('backfill', 'BNBUSDT', 'LTCUSDT', '--hours', '30', '--max-wait', '1', '--json');
      w.exchange.faults.clear();
    },
    'the same backfill again': (w) => w.chartctl('backfill', 'BNBUSDT', 'LTCUSDT', '--hours', '30', '--json'),
    'backfill from the archive': async (w) => {
      w.binance.put('LTCUSDT', generateCandles('LTCUSDT', ARCHIVED));
      await w.chartctl('backfill', 'LTCUSDT', '--via', 'archive', ...ARCHIVED_DAY, '--json');
    },
    'verify with the archive': (w) => w.chartctl('verify', 'LTCUSDT', '--via', 'archive', ...ARCHIVED_DAY, '--json'),
  },
  REPEATS,
);
