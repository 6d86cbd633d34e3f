import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import { effort } from '../../harness/trial.js';
import { fault } from '../../loopback/faults.js';
import type { Incident, IncidentKind } from './incidents.js';
import type { SoakWorld } from './soak-world.js';

/** How the exchanges are at the moment. */
export interface ExchangeFaults {
  /** Binance does not answer with candles. */
  isDown: boolean;
  /** Candles are published after ingest has given up on them. */
  isLate: boolean;
  /** Minutes of one symbol that Binance does not have yet. */
  hidden: { symbol: string; range: MinuteRange } | null;
}

export const NO_FAULTS: ExchangeFaults = { isDown: false, isLate: false, hidden: null };

/** Flat candles before the minutes that a halted exchange does not have. */
export const FLAT_MINUTES = 72;
/** Minutes at the beginning of an outage in which Binance still answers, without the newest candle. */
const SILENT_MINUTES = effort(1, 3);
/** Minutes that one symbol lacks while they are hidden; the rest of the incident Binance only lacks these. */
const HIDDEN_MINUTES = 3;
const LATE_MS = 50_000;
/** Later than jobs begin, and within the time that they wait. */
const SLOW_MS = 6_500;
/** A ban is over before the job of the next minute begins. */
const BAN_MARGIN_SECONDS = 30;

/** What one minute of an incident does to the exchanges. */
interface FaultyMinute {
  world: SoakWorld;
  incident: Incident;
  /** Minutes since it began. */
  age: number;
  /** The symbol that it is about, of those that concern one. */
  symbol: string;
  startMs: number;
}

type ApplyFault = (hour: FaultyMinute) => ExchangeFaults;

const down: ExchangeFaults = { ...NO_FAULTS, isDown: true };

const FAULTS_BY_INCIDENT: Partial<Record<IncidentKind, ApplyFault>> = {
  outage: ({ world, age }) => {
    if (age < SILENT_MINUTES) return NO_FAULTS;
    world.exchange.faults.always(fault.forbidden(), { exchange: 'binance' });
    return down;
  },
  refused: ({ world }) => {
    world.exchange.faults.always(fault.restricted(), { exchange: 'binance' });
    return down;
  },
  errors: ({ world }) => {
    world.exchange.faults.always(fault.serverError(), { exchange: 'binance', path: 'klines' });
    return down;
  },
  ban: ({ world, incident, age }) => {
    const retryAfterSeconds = (incident.minutes - age) * 60 - BAN_MARGIN_SECONDS;
    world.exchange.faults.always(fault.banned({ retryAfterSeconds }), { exchange: 'binance' });
    return down;
  },
  late: ({ world }) => {
    world.exchange.publishLate(LATE_MS);
    return { ...NO_FAULTS, isLate: true };
  },
  slow: ({ world }) => {
    world.exchange.publishLate(SLOW_MS);
    world.exchange.clock.run();
    return NO_FAULTS;
  },
  hidden: ({ world, incident, symbol, startMs }) => {
    const range = hiddenRange(incident, startMs);
    world.exchange.hide(symbol, range);
    return { ...NO_FAULTS, hidden: { symbol, range } };
  },
};

/** The minutes that Binance lacks for a while. */
export function hiddenRange({ from }: Incident, startMs: number): MinuteRange {
  return minutesFrom(startMs, from, HIDDEN_MINUTES);
}

/** Sets the exchanges' behaviour for one minute, and says how the sky is. */
export function applyFaults(hour: Omit<FaultyMinute, 'incident'> & { incident: Incident | undefined }): ExchangeFaults {
  const { world, incident } = hour;
  world.exchange.faults.clear();
  world.exchange.reveal();
  world.exchange.clock.freeze();
  const weather = incident && FAULTS_BY_INCIDENT[incident.kind];
  return weather ? weather({ ...hour, incident }) : NO_FAULTS;
}

/** The range of so many minutes from the simulation's minute number `from` on. */
export function minutesFrom(startMs: Minute, from: number, minutes: number): MinuteRange {
  return { from: startMs + from * MINUTE_MS, to: startMs + (from + minutes) * MINUTE_MS };
}
