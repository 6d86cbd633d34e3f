import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ExchangeReport } from './exchange-state.js';

export interface ExchangeOptions {
  /** The start of its running clock, epoch milliseconds. */
  nowMs: number;
  /** The minutes of candles before the start. */
  minutes: number;
  /** The latency of every response. Default: 0. */
  latencyMs?: number;
  /** The weight limit per minute of its clock. Default: none. */
  weightLimit?: number;
}

/** A message to the process, which responds to each with its report. */
export type ExchangeOrder = { kind: 'report' } | { kind: 'clock'; nowMs: number };

export interface BenchExchange {
  url: string;
  /** The environment variables of a process that uses only this exchange. */
  environment: Record<string, string>;
  /** The requests since the last report or change of the clock. */
  report(): Promise<ExchangeReport>;
  setClock(nowMs: number): Promise<ExchangeReport>;
  stop(): Promise<void>;
}

/** Starts the exchange as a separate process. */
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
