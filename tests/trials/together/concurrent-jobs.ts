import { join } from 'node:path';
import { formatMinute, MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import { runStatement } from '../../harness/scratch-cluster.js';
import { findMixedStates, readExport } from './read-export.js';
import {
  DAYS,
  originalCandles,
  revise,
  revisionOf,
  type SharedMarket,
  START,
  SYMBOLS,
  urlOf,
} from './shared-market.js';

/** The range that the exchange revises repeatedly; one response holds it. */
export const REVISED: MinuteRange = { from: START - 2400 * MINUTE_MS, to: START - 1400 * MINUTE_MS };
/** The exported range around it: the indicators of the revised rows follow from the candles of the file. */
const EXPORTED: MinuteRange = { from: REVISED.from - 1000 * MINUTE_MS, to: START };

/** The symbols that are complete before; the past of the other one is backfilled and undone repeatedly. */
export const SETTLED = SYMBOLS.filter((symbol) => symbol !== 'BTCUSDT');
const PAST: MinuteRange = { from: START - DAYS * 1440 * MINUTE_MS, to: START };

/** The `--lock-wait` of commands in seconds; there are far more processes than processors. */
const LOCK_WAIT_SECONDS: Readonly<Record<string, number>> = {
  ingest: 45,
  ...Object.fromEntries(['backfill', 'undo', 'clean', 'rebuild', 'verify'].map((command) => [command, 120])),
};
/** An ingest must finish before the next one is due. */
const MAX_INGEST_MS = 60_000;

/** What eight concurrent processes did, and what went wrong. */
export interface ConcurrentRuns {
  /** Runs by command. */
  runs: Record<string, number>;
  /** The duration of each ingest. */
  ingestMs: number[];
  /** How often the exchange revised its candles. */
  revisions: number;
  losses: string[];
}

/** Runs eight processes at a time, each followed by the next of its kind, for a time. */
export async function runConcurrentJobs(market: SharedMarket, durationMs: number): Promise<ConcurrentRuns> {
  const found: ConcurrentRuns = { runs: {}, ingestMs: [], revisions: 0, losses: [] };
  const until = Date.now() + durationMs;
  await Promise.all(
    createWorkers(market, found).map(async (work) => {
      while (Date.now() < until) await work();
    }),
  );
  return found;
}

/** The eight workers: each runs one command, or a few one after the other. */
function createWorkers(market: SharedMarket, found: ConcurrentRuns): (() => Promise<unknown>)[] {
  const run = async (...argv: string[]) => {
    const seconds = LOCK_WAIT_SECONDS[argv[0]!];
    const patience = seconds === undefined ? [] : ['--lock-wait', String(seconds)];
    const { exitCode, stdout, stderr } = await market.run(...argv, ...patience, '--json');
    found.runs[argv[0]!] = (found.runs[argv[0]!] ?? 0) + 1;
    if (exitCode !== 0) found.losses.push(`${argv.join(' ')} ended with ${exitCode}: ${stderr} ${stdout}`);
    return JSON.parse(stdout) as { jobId: number };
  };
  const inTurn = (...turns: readonly string[][]) => {
    let turn = 0;
    return () => run(...turns[turn++ % turns.length]!);
  };
  const tidy = ['--sigma', '4'];
  return [
    async () => {
      const started = performance.now();
      await run('ingest', ...SYMBOLS);
      const tookMs = performance.now() - started;
      found.ingestMs.push(tookMs);
      if (tookMs > MAX_INGEST_MS) found.losses.push(`an ingest took ${Math.round(tookMs)} ms`);
    },
    async () => {
      const { jobId } = await run('backfill', 'BTCUSDT', ...rangeFlags(PAST));
      await run('undo', String(jobId));
    },
    async () => {
      found.revisions += 1;
      await reviseAndFlag(market, found.revisions);
      await run('backfill', 'ETHUSDT', ...rangeFlags(REVISED));
    },
    inTurn(['clean', 'DOGEUSDT', 'SOLUSDT', ...tidy], ['clean', 'SOLUSDT', 'DOGEUSDT', ...tidy]),
    inTurn(
      ['rebuild', ...SYMBOLS],
      ['rebuild', 'ETHUSDT'],
      ['rebuild', ...[...SYMBOLS].reverse()],
      ['rebuild', 'ETHUSDT'],
    ),
    inTurn(
      ['backfill', 'DOGEUSDT', 'SOLUSDT', '--hours', '30'],
      ['verify', 'SOLUSDT', 'DOGEUSDT', '--hours', '12', '--flag'],
      ['verify', 'DOGEUSDT', 'SOLUSDT', '--hours', '12', '--repair'],
    ),
    async () => {
      const file = join(market.folder, 'revised.csv');
      await run('export-training-set', 'ETHUSDT', ...rangeFlags(EXPORTED), '--out', file);
      found.losses.push(...findLossesOf(file), ...findMixedRevisions(file));
    },
    async () => {
      const file = join(market.folder, 'others.csv');
      await run('export-training-set', 'SOLUSDT', 'BTCUSDT', 'DOGEUSDT', '--window', '2500', '--out', file);
      found.losses.push(...findLossesOf(file));
    },
  ];
}

function rangeFlags({ from, to }: MinuteRange): string[] {
  return ['--from', formatMinute(from), '--to', formatMinute(to)];
}

/** Revises the exchange's candles, and flags their rows in one statement. */
async function reviseAndFlag({ source, database }: SharedMarket, revision: number): Promise<void> {
  const original = originalCandles('ETHUSDT', REVISED);
  source.put(
    'ETHUSDT',
    [...original.values()].map((candle) => revise(candle, revision)),
  );
  const [from, to] = [REVISED.from, REVISED.to].map((time) => new Date(time).toISOString());
  await runStatement(
    urlOf(database.superuser),
    `UPDATE rolling_chart_data SET hasmissingdata = true WHERE symbol = 'ETHUSDT' AND timestamp >= '${from}' AND timestamp < '${to}'`,
  );
}

function findLossesOf(file: string): string[] {
  const { rows, losses } = readExport(file);
  return [...losses, ...findMixedStates(rows).slice(0, 3)];
}

/** Checks that the revised minutes of a file are of one revision, and are all present or all absent. */
function findMixedRevisions(file: string): string[] {
  const original = originalCandles('ETHUSDT', REVISED);
  const rows = readExport(file).rows.filter(({ openTime }) => original.has(openTime));
  const revisions = [...new Set(rows.map(({ openTime, close }) => revisionOf(original.get(openTime)!, close)))];
  if (rows.length === 0 || (rows.length === original.size && revisions.length === 1)) return [];
  return [`an export has ${rows.length} of ${original.size} revised rows, of the revisions ${revisions.join(', ')}`];
}
