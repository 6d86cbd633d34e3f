import { dirname, join, resolve } from 'node:path';
import { formatMinute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { quoteForShell } from '../core/shell-words.js';
import type { ExchangeConfig } from '../exchange/market.js';
import type { BackfillOptions, BackfillSummary } from '../jobs/backfill/backfill.js';
import type { JobContext, JobResult, SymbolOutcome } from '../jobs/job.js';
import { printMessage } from '../terminal/output.js';
import type { Screen } from '../terminal/screen.js';
import { ABSENT, BACKFILL_COLUMNS, drawCoverageChange, findAbsent, loadBackfill } from './backfill.js';
import type { Command } from './framework/command.js';
import { formatJobText } from './framework/job-result.js';
import { OUTPUT_OPTIONS, readLogFormat } from './framework/options/options.js';
import { readConfig } from './framework/options/read-config.js';
import { runJobWith } from './framework/run-job.js';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const HOURS = 12;
const FOLDER = '.chartctl-demo';

interface DemoSummary extends BackfillSummary {
  /** The minutes that a forecast would read, and whether all of them are valid. */
  window: MinuteRange;
  isReady: boolean;
}

interface DemoResult extends JobResult<DemoSummary> {
  /** Where the candles came from. */
  kind: DemoExchange['kind'];
  dataDir: string;
  /** What stands before a command that is to use its database. */
  prefix: string;
}

export const demoCommand: Command<DemoResult> = {
  name: 'demo',
  description: `a first look: backfill ${SYMBOLS.join(' and ')} for ${HOURS} hours`,
  options: [['--data-dir <folder>', `the folder of its database (default: ${FOLDER})`], ...OUTPUT_OPTIONS],
  examples: [['chartctl demo', 'with generated candles when Binance cannot be reached']],
  run: (call) => {
    const { flags, io } = call;
    const folder = flags.text('--data-dir') ?? FOLDER;
    readLogFormat(flags);
    const config = readConfig(flags, io, undefined, { DATABASE_URL: '' });
    return withDemoExchange(config.exchange, SYMBOLS, io.signal, async ({ kind, config: exchange }) => {
      const dataDir = join(folder, kind);
      const prefix = `${io.env.DATABASE_URL ? 'DATABASE_URL= ' : ''}CHARTCTL_DATA_DIR=${quoteForShell(dataDir)}`;
      if (kind === 'generated') {
        const urls = config.exchange.binanceUrls.join(', ');
        await printMessage(io.stderr, `Binance cannot be reached from here (${urls}).\n${EXPLANATION}\n`);
      }
      const settings = {
        config: { ...config, exchange, database: { kind: 'embedded' as const, dataDir: resolve(io.cwd, dataDir) } },
        options: { symbols: SYMBOLS, minutes: HOURS * 60 },
        pace: { concurrency: 4, maxWaitMs: 60_000 },
      };
      return { ...(await runJobWith(call, settings, () => loadDemo(call.screen))), kind, dataDir, prefix };
    });
  },
  text: (result, view) => {
    const { kind, outcomes } = result;
    const candles = kind === 'generated' ? 'generated' : 'Binance';
    return formatJobText(result, view, {
      columns: [
        { title: 'candles', cell: () => candles, isShared: true },
        ...BACKFILL_COLUMNS,
        { title: 'ready', cell: ({ isReady }) => isReady, tone: ({ isReady }) => (isReady ? 'good' : 'bad') },
      ],
      findings: { title: ABSENT, of: findAbsent },
      conclusion: () => [...drawCoverageChange(outcomes, view), ...describeNext(result)],
    });
  },
  document: async () => (await import('./documents/demo.js')).demoDocument,
};

const EXPLANATION = 'Using generated candles: invented prices, served over HTTP by a small exchange on this machine.';

/** A backfill, and then whether each window is ready. */
async function loadDemo(screen: Screen | undefined) {
  const [fill, { status }] = await Promise.all([loadBackfill(screen), import('../jobs/status/status.js')]);
  return async (context: JobContext, options: BackfillOptions): Promise<JobResult<DemoSummary>> => {
    const filled = await fill(context, options);
    const states = await status(context, { symbols: SYMBOLS });
    const stateOf = (symbol: string) => states.outcomes.find((state) => state.symbol === symbol)?.summary;
    const outcomes = filled.outcomes.map(({ symbol, summary, ...others }): SymbolOutcome<DemoSummary> => {
      const state = stateOf(symbol);
      if (!summary || !state) return { symbol, ...others };
      const { from, to } = state.window;
      return { symbol, summary: { ...summary, window: { from, to }, isReady: state.readiness.isReady } };
    });
    return { ...filled, outcomes };
  };
}

/** Commands that work as they are printed, also later and without Binance: the range is that of the window now. */
function describeNext({ kind, dataDir, prefix, outcomes }: DemoResult): string[] {
  const next = (line: string) => `  ${prefix} npx chartctl ${line}`;
  // beside the database, not into the working directory, which may be a repository
  const inFolder = (name: string) => quoteForShell(join(dirname(dataDir), name));
  const window = outcomes.find(({ summary }) => summary)?.summary?.window;
  const range = window ? `--from ${formatMinute(window.from)} --to ${formatMinute(window.to)} ` : '';
  return [
    '',
    kind === 'generated' ? 'These are generated candles, not real prices. Try next:' : 'Try next:',
    next('status'),
    next(`export-training-set --all ${range}--require-ready --out ${inFolder('train.csv')}`),
    next(`report --all --hours 12 --out ${inFolder('report.html')}`),
    '',
    'On your own PostgreSQL:',
    '  npx chartctl init',
    '  npx chartctl migrate --dry-run && npx chartctl migrate',
    '  npx chartctl backfill --days 7',
  ];
}

interface DemoExchange {
  kind: 'binance' | 'generated';
  config: ExchangeConfig;
}

/**
 * Binance when it answers, else a small exchange on 127.0.0.1 that serves generated candles over HTTP.
 *
 * The small exchange is closed when `work` ends.
 */
async function withDemoExchange<T>(
  config: ExchangeConfig,
  symbols: readonly string[],
  signal: AbortSignal,
  work: (exchange: DemoExchange) => Promise<T>,
): Promise<T> {
  const { openMarket } = await import('../exchange/open-market.js');
  const clock = await openMarket(config).readClock(signal);
  if (clock.source === 'exchange') return work({ kind: 'binance', config });

  const [{ startReplay }, { generatedSource }] = await Promise.all([
    import('../exchange/replay/start-replay.js'),
    import('../exchange/replay/candle-source.js'),
  ]);
  const replay = await startReplay({ candles: generatedSource(symbols) });
  try {
    return await work({
      kind: 'generated',
      config: { binanceUrls: [replay.url], archive: replay.archive, fallbacks: [] },
    });
  } finally {
    await replay.close();
  }
}
