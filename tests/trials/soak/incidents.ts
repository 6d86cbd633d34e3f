import type { Random } from '../../harness/random.js';

/** The kinds of incidents in a simulation. */
export type IncidentKind =
  /** Binance halts, then never has these minutes of any symbol; it responds at first, then refuses. */
  | 'outage'
  /** The same for one symbol; Binance responds all the time. */
  | 'halt'
  /** Binance refuses the location (451). */
  | 'refused'
  /** Binance responds with 503. */
  | 'errors'
  /** Binance bans the address until a stated time. */
  | 'ban'
  /** Binance publishes candles after the job has stopped waiting for them. */
  | 'late'
  /** Binance publishes candles while the job waits for them. */
  | 'slow'
  /** Binance has some minutes of one symbol only later. */
  | 'hidden'
  /** The machine sleeps: cron runs nothing. */
  | 'asleep'
  /** A job is killed (SIGKILL) while it runs. */
  | 'killed'
  /** A job is still running when cron starts it again, beside other jobs. */
  | 'overlap'
  /** PostgreSQL crashes while the jobs run. */
  | 'crash'
  /** Binance revises closed candles. */
  | 'revision'
  /** The operator takes Binance's revised candles. */
  | 'repair'
  /** A symbol is listed, and added to cron's list later. */
  | 'listing';

/** One incident, in minutes since the start of the simulation. */
export interface Incident {
  kind: IncidentKind;
  from: number;
  minutes: number;
}

/** How often a kind of incident happens, and for how long. */
export interface PlannedIncidents {
  kind: IncidentKind;
  times: number;
  minutes: number;
}

/** The minimum distance between incidents, in minutes. */
const APART = 3;

/**
 * Distributes incidents over the minutes before `until` without overlap.
 *
 * @param first the number of minutes without an incident
 */
export function planIncidents(
  random: Random,
  wanted: readonly PlannedIncidents[],
  first: number,
  until: number,
): Incident[] {
  const planned: Incident[] = [];
  const longestFirst = [...wanted].sort((a, b) => b.minutes - a.minutes);
  for (const { kind, times, minutes } of longestFirst) {
    for (let time = 0; time < times; time += 1) planned.push({ kind, from: findPlace(minutes), minutes });
  }
  return planned.sort((a, b) => a.from - b.from);

  function findPlace(minutes: number): number {
    for (let tries = 0; tries < 10_000; tries += 1) {
      const from = first + random.integerBelow(until - first - minutes);
      const isFree = planned.every((other) => from >= end(other) + APART || from + minutes + APART <= other.from);
      if (isFree) return from;
    }
    throw new Error(`there is no room for ${minutes} minutes among ${planned.length} incidents before ${until}`);
  }
}

function end({ from, minutes }: Incident): number {
  return from + minutes;
}
