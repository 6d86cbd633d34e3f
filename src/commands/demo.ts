import { dirname, join, resolve } from 'node:path';
import type { ExchangeConfig } from '../exchange/market.js';
import type { BackfillSummary } from '../jobs/backfill/backfill.js';
import type { JobResult } from '../jobs/job.js';
import { printMessage } from '../terminal/output.js';
import { ABSENT, BACKFILL_COLUMNS, drawCoverageChange, findAbsent, loadBackfill } from './backfill.js';
import type { Command } from './framework/command.js';
import { formatJobText, toSymbolMembers } from './framework/job-result.js';
import { OUTPUT_OPTIONS, readLogFormat } from './framework/options/options.js';
import { readConfig } from './framework/options/read-config.js';
import { runJobWith } from './framework/run-job.js';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const HOURS = 12;
const FOLDER = '.chartctl-demo';

interface DemoResult extends JobResult<BackfillSummary> {
  /** Where the candles came from. */
  kind: DemoExchange['kind'];
  dataDir: string;
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
      if (kind === 'generated') {
        const urls = config.exchange.binanceUrls.join(', ');
        await printMessage(io.stderr, `Binance cannot be reached from here (${urls}).\n${EXPLANATION}\n`);
      }
      const settings = {
        config: { ...config, exchange, database: { kind: 'embedded' as const, dataDir: resolve(io.cwd, dataDir) } },
        options: { symbols: SYMBOLS, minutes: HOURS * 60 },
        pace: { concurrency: 4, maxWaitMs: 60_000 },
      };
      return { ...(await runJobWith(call, settings, () => loadBackfill(call.screen))), kind, dataDir };
    });
  },
  text: (result, view) => {
    const { kind, dataDir, outcomes } = result;
    const candles = kind === 'generated' ? 'generated' : 'Binance';
    return formatJobText(result, view, {
      columns: [{ title: 'candles', cell: () => candles, isShared: true }, ...BACKFILL_COLUMNS],
      findings: { title: ABSENT, of: findAbsent },
      conclusion: () => [...drawCoverageChange(outcomes, view), ...describeNext(kind, dataDir)],
    });
  },
  json: (result) => ({ ...toSymbolMembers(result), candles: result.kind, dataDir: result.dataDir }),
};

const EXPLANATION = 'Using generated candles: invented prices, served over HTTP by a small exchange on this machine.';

function describeNext(kind: DemoExchange['kind'], dataDir: string): string[] {
  const next = (line: string) => `  CHARTCTL_DATA_DIR=${dataDir} npx chartctl ${line}`;
  return [
    '',
    kind === 'generated' ? 'These are generated candles, not real prices. Try next:' : 'Try next:',
    next('status'),
    // beside the database, not into the working directory, which may be a repository
    next(`export-training-set BTCUSDT --out ${join(dirname(dataDir), 'train.csv')}`),
    next('rebuild --all'),
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
