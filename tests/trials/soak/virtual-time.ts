import type { VirtualClock } from '../../loopback/virtual-clock.js';
import type { DatabaseClock } from './database-clock.js';

/** What a process loads before chartctl, so that it lives in the same time. */
const LATE_PROCESS = 'const now = Date.now; Date.now = () => now() + SHIFT';

/** The time of a simulation: of the exchange, of this process, of the processes that it starts and of the database. */
export interface VirtualTime {
  now(): number;
  /** Moves all clocks; between two moves they go on as real ones do, but the exchange's, which stands still. */
  set(timeMs: number): Promise<void>;
  /** For a process that is to live in this time. */
  environment(): Record<string, string>;
  /** Gives this process its own time back. */
  end(): void;
}

/** Takes over the clocks; the local one only as far as `Date.now` tells it. */
export function startVirtualTime(exchange: VirtualClock, database: DatabaseClock | undefined): VirtualTime {
  const realNow = Date.now;
  let shiftMs = 0;
  Date.now = () => realNow() + shiftMs;
  return {
    now: () => Date.now(),
    set: async (timeMs) => {
      shiftMs = timeMs - realNow();
      exchange.set(timeMs);
      await database?.shift(shiftMs);
    },
    environment: () => {
      const script = encodeURIComponent(LATE_PROCESS.replace('SHIFT', String(shiftMs)));
      return { NODE_OPTIONS: `--import=data:text/javascript,${script}` };
    },
    end: () => {
      Date.now = realNow;
    },
  };
}
