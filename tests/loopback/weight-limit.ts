import { MINUTE_MS } from '../../src/core/minute.js';
import type { ReplayAnswer } from '../../src/exchange/replay/start-replay.js';

/** Refusals with 429 before a ban. */
const MAX_REFUSED_REQUESTS = 20;
const BAN_MS = 120_000;

/** Enforces a weight limit per minute as Binance does: 429 above it, 418 for two minutes when requests continue. */
export function createWeightLimit(limit: number, now: () => number) {
  let refused = 0;
  let bannedUntil = 0;
  const seconds = (durationMs: number) => ({ 'retry-after': String(Math.ceil(durationMs / 1000)) });

  const apply = (answer: ReplayAnswer): ReplayAnswer => {
    const nowMs = now();
    const used = Number(answer.headers['x-mbx-used-weight-1m']);
    if (nowMs >= bannedUntil && used <= limit) return answer;
    if (nowMs < bannedUntil || (refused += 1) > MAX_REFUSED_REQUESTS) {
      if (nowMs >= bannedUntil) [bannedUntil, refused] = [nowMs + BAN_MS, 0];
      const msg = `Way too much request weight used; IP banned until ${bannedUntil}. Please use WebSocket Streams.`;
      return refuse(answer, 418, msg, seconds(bannedUntil - nowMs));
    }
    return refuse(answer, 429, 'Too much request weight used.', seconds(MINUTE_MS - (nowMs % MINUTE_MS)));
  };
  return { apply };
}

function refuse(answer: ReplayAnswer, status: number, msg: string, headers: Record<string, string>): ReplayAnswer {
  return { status, headers: { ...answer.headers, ...headers }, body: JSON.stringify({ code: -1003, msg }) };
}
