import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ExchangeReport } from './exchange-state.js';

export interface ExchangeOptions {
  /** Where its clock starts, epoch milliseconds; it goes on by itself. */
  nowMs: number;
  /** It has candles so far back. */
  minutes: number;
  /** Every answer waits so long; at once if not given. */
  latencyMs?: number;
  /** Enforced, by its own clock's minutes; nothing is if not given, and it says that a lot is allowed. */
  weightLimit?: number;
}

/** What the process can be told; it answers each with its report. */
export type ExchangeOrder = { kind: 'report' } | { kind: 'clock'; nowMs: number };

export interface BenchExchange {
  url: string;
  /** For a process that is to use this exchange, and no other. */
  environment: Record<string, string>;
  /** What it saw since the last report or setting of the clock. */
  report(): Promise<ExchangeReport>;
  setClock(nowMs: number): Promise<ExchangeReport>;
  stop(): Promise<void>;
}

/** Starts the bench's exchange as a process of its own. */
export async function startBenchExchange(options: ExchangeOptions): Promise<BenchExchange> {
  const child = fork('tests/bench/exchange/serve-bench.ts', [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
  });
  const ended = once(child, 'exit');
  const reply = async <T>(): Promise<T> => {
    const gone = ended.then(([code]) => Promise.reject(new Error(`the bench's exchange ended with code ${code}`)));
    const [message] = (await Promise.race([once(child, 'message'), gone])) as [T];
    return message;
  };
  const order = (message: ExchangeOrder) => {
    child.send(message);
    return reply<ExchangeReport>();
  };
  const url = `http://127.0.0.1:${await reply<number>()}`;
  return {
    url,
    environment: { CHARTCTL_BINANCE_URL: url, CHARTCTL_FALLBACK: '' },
    report: () => order({ kind: 'report' }),
    setClock: (nowMs) => order({ kind: 'clock', nowMs }),
    stop: async () => {
      child.disconnect();
      await ended;
    },
  };
}
