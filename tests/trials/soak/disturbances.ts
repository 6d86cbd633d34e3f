import { setTimeout as sleep } from 'node:timers/promises';
import { formatMinute, MINUTE_MS } from '../../../src/core/minute.js';
import { reviseCandle } from '../../harness/job-world.js';
import type { Random } from '../../harness/random.js';
import type { Incident, IncidentKind } from './incidents.js';
import type { SoakWorld } from './soak-world.js';

/** What became of a command line. */
export interface CommandResult {
  argv: readonly string[];
  /** Null when it was killed. */
  exitCode: number | null;
  stderr: string;
}

/** One minute of cron that something happens to. */
export interface DisturbedMinute {
  world: SoakWorld;
  dice: Random;
  /** All lines of the crontab, and those that are due. */
  lines: readonly (readonly string[])[];
  due: readonly (readonly string[])[];
  /** The symbols that cron knows. */
  symbols: readonly string[];
  startMs: number;
}

/** Where the person took what Binance had revised. */
const REPAIR = ['verify', '--days', '1', '--repair', '--revised', '--quiet'];
/** Closed candles that Binance revises at once: as many as it did on 2021-04-22, and none of today's last minutes. */
const REVISED_AT_ONCE = 10;
const NEWEST_REVISED = 10;
const OLDEST_REVISED = 1000;
/** A job is killed at most so long after its start. */
const MAX_LIFETIME_MS = 900;

/** How a disturbed minute's lines are run; any other minute runs those that are due. */
export const DISTURBANCES: Partial<Record<IncidentKind, (minute: DisturbedMinute) => Promise<CommandResult[]>>> = {
  asleep: () => Promise.resolve([]),

  killed: async ({ world, dice, lines }) => {
    const argv = dice.pick(lines);
    const job = world.start(...argv);
    await sleep(dice.integerBelow(MAX_LIFETIME_MS));
    job.kill('SIGKILL');
    return [{ argv, ...(await job.ended) }];
  },

  overlap: async ({ world, lines }) => {
    const [ingest, ...others] = lines as [readonly string[], ...(readonly string[])[]];
    const started = [ingest, ingest, ...others].map((argv) => ({ argv, job: world.start(...argv) }));
    return Promise.all(started.map(async ({ argv, job }) => ({ argv, ...(await job.ended) })));
  },

  crash: async (minute) => {
    const { world, dice } = minute;
    const running = runDue(minute);
    await sleep(dice.integerBelow(MAX_LIFETIME_MS / 10));
    await world.server?.crash();
    return running;
  },

  revision: async (minute) => {
    const { world, dice, symbols, startMs } = minute;
    const nowMs = world.time.now();
    for (let i = 0; i < REVISED_AT_ONCE; i += 1) {
      const age = NEWEST_REVISED + dice.integerBelow(OLDEST_REVISED - NEWEST_REVISED);
      const openTime = Math.max(startMs, Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - age * MINUTE_MS);
      const symbol = dice.pick(symbols);
      const candle = world.market.binance.get(symbol, openTime);
      if (candle) world.market.revise(symbol, openTime, reviseCandle(candle), nowMs);
    }
    return runDue(minute);
  },

  repair: async (minute) => {
    const ends = await runDue(minute);
    const symbols = [...minute.symbols];
    return [...ends, await runLine(minute.world, [...REPAIR, ...symbols])];
  },
};

/** Kinds whose minute's ingest may or may not have come through. */
export const UNCERTAIN: readonly IncidentKind[] = ['killed', 'overlap', 'crash'];

/** Runs the lines that are due, as cron does: at once; the embedded database lets in one job after the other. */
export async function runDue({ world, due }: Pick<DisturbedMinute, 'world' | 'due'>): Promise<CommandResult[]> {
  if (world.server) return Promise.all(due.map((argv) => runLine(world, argv)));
  const ends: CommandResult[] = [];
  for (const argv of due) ends.push(await runLine(world, argv));
  return ends;
}

async function runLine(world: SoakWorld, argv: readonly string[]): Promise<CommandResult> {
  return { argv, ...(await world.run(...argv)) };
}

/** One line of the timeline. */
export function describeIncident({ kind, from, minutes }: Incident, startMs: number): string {
  const length = minutes > 1 ? `, ${minutes} min` : '';
  return `${formatMinute(startMs + from * MINUTE_MS)} ${kind}${length}`;
}
