import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { chooseDrawing } from '../cli/drawing.js';
import { readScreen } from '../cli/screen.js';
import { readFlags } from '../cli/read-flags.js';
import { printMessage } from '../cli/write-out.js';
import type { Config } from '../core/config.js';
import type { ExitCode } from '../core/failure.js';
import { demoBackfill } from './demo-backfill.js';
import { withDemoExchange } from './demo-exchange.js';
import { addHelpNotes } from './help-notes.js';
import { readConfig } from './read-config.js';
import { runJob } from './run-job.js';
import { addOptions, OUTPUT_OPTIONS, readOutput, type OutputChoice } from './shared-options.js';
import type { Shell } from './shell.js';

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

function runDemo({ io, record }: Shell, config: Config, folder: string, output: OutputChoice): Promise<ExitCode> {
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
