import { setTimeout as sleep } from 'node:timers/promises';
import { formatMinute, MINUTE_MS } from '../../../src/core/minute.js';
import { reviseCandle } from '../../harness/job-world.js';
import type { Random } from '../../harness/random.js';
import type { Incident, IncidentKind } from './incidents.js';
import type { SoakWorld } from './soak-world.js';

/** A command line and how it ended. */
export interface CommandResult {
  argv: readonly string[];
  /** Null when it was killed. */
  exitCode: number | null;
  stderr: string;
}

/** A minute of cron in which an incident happens. */
export interface DisturbedMinute {
  world: SoakWorld;
  random: Random;
  /** All lines of the crontab. */
  lines: readonly (readonly string[])[];
  due: readonly (readonly string[])[];
  /** The symbols in cron's list. */
  symbols: readonly string[];
  startMs: number;
}

/** The command by which the operator takes Binance's revised candles. */
const REPAIR = ['verify', '--days', '1', '--repair', '--revised', '--quiet'];
/** Closed candles that Binance revises at once, about as many as on 2021-04-22; the newest ones are spared. */
const REVISED_AT_ONCE = 10;
const NEWEST_REVISED = 10;
const OLDEST_REVISED = 1000;
/** The longest time between the start of a job and its kill. */
const MAX_LIFETIME_MS = 900;

/** How the lines of a minute with an incident run; other minutes run the lines that are due. */
export const DISTURBANCES: Partial<Record<IncidentKind, (minute: DisturbedMinute) => Promise<CommandResult[]>>> = {
  asleep: () => Promise.resolve([]),

  killed: async ({ world, random, lines }) => {
    const argv = random.pick(lines);
    const job = world.start(...argv);
    await sleep(random.integerBelow(MAX_LIFETIME_MS));
    job.kill('SIGKILL');
    return [{ argv, ...(await job.ended) }];
  },

  overlap: async ({ world, lines }) => {
    const [ingest, ...others] = lines as [readonly string[], ...(readonly string[])[]];
    const started = [ingest, ingest, ...others].map((argv) => ({ argv, job: world.start(...argv) }));
    return Promise.all(started.map(async ({ argv, job }) => ({ argv, ...(await job.ended) })));
  },

  crash: async (minute) => {
    const { world, random } = minute;
    const running = runDue(minute);
    await sleep(random.integerBelow(MAX_LIFETIME_MS / 10));
    await world.server?.crash();
    return running;
  },

  revision: async (minute) => {
    const { world, random, symbols, startMs } = minute;
    const nowMs = world.time.now();
    for (let i = 0; i < REVISED_AT_ONCE; i += 1) {
      const age = NEWEST_REVISED + random.integerBelow(OLDEST_REVISED - NEWEST_REVISED);
      const openTime = Math.max(startMs, Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - age * MINUTE_MS);
      const symbol = random.pick(symbols);
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

/** Incidents after which the minute's ingest may or may not have succeeded. */
export const UNCERTAIN: readonly IncidentKind[] = ['killed', 'overlap', 'crash'];

/** Runs the due lines at once, as cron does; on the embedded database one after the other. */
export async function runDue({ world, due }: Pick<DisturbedMinute, 'world' | 'due'>): Promise<CommandResult[]> {
  if (world.server) return Promise.all(due.map((argv) => runLine(world, argv)));
  const ends: CommandResult[] = [];
  for (const argv of due) ends.push(await runLine(world, argv));
  return ends;
}

async function runLine(world: SoakWorld, argv: readonly string[]): Promise<CommandResult> {
  return { argv, ...(await world.run(...argv)) };
}

/** A line of the printed timeline. */
export function describeIncident({ kind, from, minutes }: Incident, startMs: number): string {
  const length = minutes > 1 ? `, ${minutes} min` : '';
  return `${formatMinute(startMs + from * MINUTE_MS)} ${kind}${length}`;
}
