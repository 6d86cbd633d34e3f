import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import type { VirtualClock } from '../../loopback/virtual-clock.js';

/** A server's clock that can be moved, and the server itself, which can be made to crash. */
export interface DatabaseClock {
  shift(shiftMs: number): Promise<void>;
  /** Kills one of the server's processes: it ends all sessions, recovers and lets everybody in again. */
  crash(): Promise<void>;
  query<T extends object>(statement: string): Promise<T[]>;
  close(): Promise<void>;
}

const RECOVERY_LIMIT_MS = 30_000;

/** Found before PostgreSQL's own function of this name; a sequence leaves no dead rows and takes part in no transaction. */
const MOVABLE_CLOCK = `
  create sequence public.clock_shift_ms minvalue -9000000000000 start 0;
  create function public.clock_timestamp() returns timestamptz language sql volatile as $$
    select pg_catalog.clock_timestamp() + (select last_value::float8 from public.clock_shift_ms) * interval '1 ms'
  $$;
`;

/** Gives a database, by a superuser's URL, a clock that the simulation moves. */
export async function startDatabaseClock(url: string): Promise<DatabaseClock> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  const query = <T extends object>(statement: string) => retryUntilUp(() => sql.unsafe<T[]>(statement));
  await query(MOVABLE_CLOCK);
  const { pathname } = new URL(url);
  await query(`alter database ${pathname.slice(1)} set search_path = public, pg_catalog`);
  return {
    shift: async (shiftMs) => void (await query(`select setval('public.clock_shift_ms', ${Math.round(shiftMs)})`)),
    crash: async () => {
      const [found] = await query<{ pid: number }>('select pg_backend_pid() as pid');
      process.kill(found!.pid, 'SIGKILL');
      await query('select 1');
    },
    query: async (statement) => [...(await query(statement))] as never,
    close: () => sql.end({ timeout: 1 }),
  };
}

/** Asks until the server lets us in: after a crash it recovers first. */
async function retryUntilUp<T>(ask: () => Promise<T>): Promise<T> {
  const limit = performance.now() + RECOVERY_LIMIT_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > limit || !isConnectionError(error)) throw error;
      await sleep(20);
    }
  }
}

/** Classes 08 (connection) and 57P (the server goes down or comes up), and the driver's own words. */
function isConnectionError(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return /^(08|57P|CONNECTION_|ECONN|EPIPE)/.test(code);
}

/** What a process loads before chartctl, so that it lives in the same time. */
const SHIFT_SCRIPT = 'const now = Date.now; Date.now = () => now() + SHIFT';

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
      const script = encodeURIComponent(SHIFT_SCRIPT.replace('SHIFT', String(shiftMs)));
      return { NODE_OPTIONS: `--import=data:text/javascript,${script}` };
    },
    end: () => {
      Date.now = realNow;
    },
  };
}
