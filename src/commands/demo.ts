import type { Command } from 'commander';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config/config.js';
import type { ExitCode } from '../core/failure.js';
import type { ExchangeConfig } from '../exchange/market.js';
import { chooseDrawing } from '../terminal/drawing.js';
import { printMessage } from '../terminal/output.js';
import { readScreen } from '../terminal/screen.js';
import { backfillCommand, drawCoverageChange } from './backfill.js';
import type { Shell } from './framework/command.js';
import { addHelpNotes } from './framework/help.js';
import { addOptions, OUTPUT_OPTIONS, type OutputOptions, readOutput } from './framework/options.js';
import { readConfig, readFlags } from './framework/read-config.js';
import { runJob } from './framework/run-job.js';

/** The exchange that a first look works with. */
export interface DemoExchange {
  kind: 'binance' | 'generated';
  config: ExchangeConfig;
}

/**
 * Binance when it answers, else a small exchange on 127.0.0.1 that serves generated candles over HTTP.
 *
 * The small exchange is closed when `work` ends.
 */
export async function withDemoExchange<T>(
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
    return await work({ kind: 'generated', config: { binanceUrls: [replay.url], fallbacks: [] } });
  } finally {
    await replay.close();
  }
}

/** Backfill under the demo's name: its result says which candles these are, and what to try next. */
export function demoBackfill(kind: DemoExchange['kind'], dataDir: string): typeof backfillCommand {
  const candles = kind === 'generated' ? 'generated' : 'Binance';
  const next = (line: string) => `  CHARTCTL_DATA_DIR=${dataDir} npx chartctl ${line}`;
  return {
    ...backfillCommand,
    name: 'demo',
    columns: [{ title: 'candles', cell: () => candles }, ...backfillCommand.columns],
    conclusion: ({ outcomes, drawing }) => [
      ...drawCoverageChange(outcomes, drawing),
      '',
      kind === 'generated' ? 'These are generated candles, no real prices. Try next:' : 'Try next:',
      next('status'),
      // beside the database: at the top of the repository the file would be a stranger
      next(`export-training-set BTCUSDT --out ${join(dirname(dataDir), 'train.csv')}`),
      next('rebuild --all'),
    ],
    extra: () => ({ candles: kind, dataDir }),
  };
}

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const HOURS = 12;
const FOLDER = '.chartctl-demo';

/** `chartctl demo`: a newcomer's first run, which needs neither a database nor a network. */
export function addDemoCommand(program: Command, shell: Shell): void {
  const command = program
    .command('demo')
    .description(`a first look: backfill ${SYMBOLS.join(' and ')} for ${HOURS} hours`);
  addOptions(command, [['--data-dir <folder>', `where its database is kept (default: ${FOLDER})`], ...OUTPUT_OPTIONS]);
  addHelpNotes(command, [['chartctl demo', 'without Binance in reach: generated candles, and it says so']]).action(
    async (raw: Record<string, unknown>) => {
      const flags = await readFlags(raw, shell.io);
      const folder = flags.text('--data-dir') ?? FOLDER;
      const output = readOutput(flags);
      const config = readConfig(flags, shell.io, undefined, { DATABASE_URL: '' });
      shell.finish(await runDemo(shell, config, folder, output));
    },
  );
}

function runDemo({ io, record }: Shell, config: Config, folder: string, output: OutputOptions): Promise<ExitCode> {
  return withDemoExchange(config.exchange, SYMBOLS, io.signal, async ({ kind, config: exchange }) => {
    const dataDir = join(folder, kind);
    if (kind === 'generated') {
      const tried = config.exchange.binanceUrls.join(', ');
      await printMessage(io.stderr, `Binance cannot be reached from here (${tried}).\n${EXPLANATION}\n`);
    }
    return runJob(
      io,
      demoBackfill(kind, dataDir),
      {
        config: { ...config, exchange, database: { kind: 'embedded', dataDir: resolve(io.cwd, dataDir) } },
        options: {
          symbols: SYMBOLS,
          minutes: HOURS * 60,
          drawing: chooseDrawing(output.json ? undefined : readScreen(io)),
        },
        pace: { concurrency: 4, maxWaitMs: 60_000 },
        output,
        wantsExitCode: false,
      },
      record,
    );
  });
}

const EXPLANATION =
  'Going on with generated candles: invented prices, served over HTTP by a small exchange on this machine.';
