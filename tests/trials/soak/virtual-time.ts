import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import type { VirtualClock } from '../../loopback/virtual-clock.js';

/** A database server whose clock can be shifted and which can be crashed. */
export interface DatabaseClock {
  shift(shiftMs: number): Promise<void>;
  /** Kills a server process: the server ends all sessions and recovers. */
  crash(): Promise<void>;
  query<T extends object>(statement: string): Promise<T[]>;
  close(): Promise<void>;
}

const RECOVERY_LIMIT_MS = 30_000;

/** Shadows PostgreSQL's function of this name; a sequence leaves no dead rows and is not transactional. */
const MOVABLE_CLOCK = `
  create sequence public.clock_shift_ms minvalue -9000000000000 start 0;
  create function public.clock_timestamp() returns timestamptz language sql volatile as $$
    select pg_catalog.clock_timestamp() + (select last_value::float8 from public.clock_shift_ms) * interval '1 ms'
  $$;
`;

/** Gives a database a clock that can be shifted; `url` is that of a superuser. */
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
    query: async <T extends object>(statement: string) => Array.from<T>(await query<T>(statement)),
    close: () => sql.end({ timeout: 1 }),
  };
}

/** Retries while the server recovers from a crash. */
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

/** SQLSTATE classes 08 (connection) and 57P (shutdown or start-up), and the driver's own codes. */
function isConnectionError(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return /^(08|57P|CONNECTION_|ECONN|EPIPE)/.test(code);
}

/** Loaded by a process before chartctl: shifts its clock. */
const SHIFT_SCRIPT = 'const now = Date.now; Date.now = () => now() + SHIFT';

/** The clock of a simulation: that of the exchange, of this process, of its child processes and of the database. */
export interface VirtualTime {
  now(): number;
  /** Sets all clocks; between two calls they run in real time, except the stopped clock of the exchange. */
  set(timeMs: number): Promise<void>;
  /** The environment variables of a process with this clock. */
  environment(): Record<string, string>;
  /** Restores the clock of this process. */
  end(): void;
}

/** Takes over the clocks; in this process only `Date.now`. */
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
