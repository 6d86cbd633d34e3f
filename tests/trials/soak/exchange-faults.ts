import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import type { MinuteRange } from '../../../src/core/range.js';
import { effort } from '../../harness/trial.js';
import { fault } from '../../loopback/faults.js';
import type { Incident, IncidentKind } from './incidents.js';
import type { SoakWorld } from './soak-world.js';

/** The faults of the exchanges in a minute. */
export interface ExchangeFaults {
  /** Binance returns no candles. */
  isDown: boolean;
  /** Candles are published after ingest has stopped waiting for them. */
  isLate: boolean;
  /** A range of one symbol that Binance does not have yet. */
  hidden: { symbol: string; range: MinuteRange } | null;
}

const NO_FAULTS: ExchangeFaults = { isDown: false, isLate: false, hidden: null };

/** The number of flat candles before the missing minutes of a halt. */
export const FLAT_MINUTES = 72;
/** The first minutes of an outage, in which Binance responds without the newest candle. */
const SILENT_MINUTES = effort(1, 3);
/** The number of hidden minutes; during the rest of the incident they stay hidden. */
const HIDDEN_MINUTES = 3;
const LATE_MS = 50_000;
/** Later than the start of jobs, within the time that they wait. */
const SLOW_MS = 6_500;
/** A ban ends before the job of the next minute starts. */
const BAN_MARGIN_SECONDS = 30;

/** A minute of an incident. */
interface FaultyMinute {
  world: SoakWorld;
  incident: Incident;
  /** Minutes since the start of the incident. */
  age: number;
  /** The affected symbol of an incident of one symbol. */
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

/** The range that Binance does not have for a while. */
function hiddenRange({ from }: Incident, startMs: number): MinuteRange {
  return minutesFrom(startMs, from, HIDDEN_MINUTES);
}

/** Configures the exchanges for one minute and returns their faults. */
export function applyFaults(hour: Omit<FaultyMinute, 'incident'> & { incident: Incident | undefined }): ExchangeFaults {
  const { world, incident } = hour;
  world.exchange.faults.clear();
  world.exchange.reveal();
  world.exchange.clock.freeze();
  const apply = incident && FAULTS_BY_INCIDENT[incident.kind];
  return apply ? apply({ ...hour, incident }) : NO_FAULTS;
}

/** A range of minutes, counted from the start of the simulation. */
export function minutesFrom(startMs: Minute, from: number, minutes: number): MinuteRange {
  return { from: startMs + from * MINUTE_MS, to: startMs + (from + minutes) * MINUTE_MS };
}
