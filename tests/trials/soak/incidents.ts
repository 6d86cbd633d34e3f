import type { Random } from '../../harness/random.js';

/** What goes wrong in a simulation, by name. */
export type IncidentKind =
  /** Binance halts, then loses these minutes of every symbol for good; it answers at first, then refuses to. */
  | 'outage'
  /** The same for one symbol; Binance answers all the time. */
  | 'halt'
  /** Binance refuses the machine's location. */
  | 'refused'
  /** Binance answers 503. */
  | 'errors'
  /** Binance banned the address, and says until when. */
  | 'ban'
  /** Binance publishes candles after the job has given up on them. */
  | 'late'
  /** Binance publishes candles while the job waits for them. */
  | 'slow'
  /** Binance does not have some minutes of one symbol until a while later. */
  | 'hidden'
  /** The machine sleeps: cron runs nothing. */
  | 'asleep'
  /** A job is killed (SIGKILL) while it runs. */
  | 'killed'
  /** A job is still running when cron begins it again, and another one runs beside it. */
  | 'overlap'
  /** PostgreSQL crashes while the jobs run. */
  | 'crash'
  /** Binance gives other numbers for closed candles from now on. */
  | 'revision'
  /** The person takes what Binance revised. */
  | 'repair'
  /** Another symbol is listed, and a while later named to cron. */
  | 'listing';

/** One thing that goes wrong, in minutes since the simulation began. */
export interface Incident {
  kind: IncidentKind;
  from: number;
  minutes: number;
}

/** How often something goes wrong, and for how long. */
export interface PlannedIncidents {
  kind: IncidentKind;
  times: number;
  minutes: number;
}

/** Minutes around an incident in which none of another kind begins. */
const APART = 3;

/**
 * Spreads troubles over the minutes before `until`, none of them at the same time as another.
 *
 * @param first minutes in which nothing goes wrong yet
 */
export function planIncidents(
  dice: Random,
  troubles: readonly PlannedIncidents[],
  first: number,
  until: number,
): Incident[] {
  const planned: Incident[] = [];
  const longestFirst = [...troubles].sort((a, b) => b.minutes - a.minutes);
  for (const { kind, times, minutes } of longestFirst) {
    for (let time = 0; time < times; time += 1) planned.push({ kind, from: findPlace(minutes), minutes });
  }
  return planned.sort((a, b) => a.from - b.from);

  function findPlace(minutes: number): number {
    for (let tries = 0; tries < 10_000; tries += 1) {
      const from = first + dice.integerBelow(until - first - minutes);
      const isFree = planned.every((other) => from >= end(other) + APART || from + minutes + APART <= other.from);
      if (isFree) return from;
    }
    throw new Error(`there is no room for ${minutes} minutes among ${planned.length} incidents before ${until}`);
  }
}

function end({ from, minutes }: Incident): number {
  return from + minutes;
}
