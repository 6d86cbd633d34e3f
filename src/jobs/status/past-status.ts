import type { KnownGap } from '../../core/known-gap.js';
import { DAY_MS, floorMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, type MinuteRange } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { WARM_UP } from '../../indicators/indicator.js';
import { assessReadiness, READY, type Readiness } from '../../quality/assess-readiness.js';
import { type ListedGap, listGaps } from '../../quality/gaps.js';
import { WINDOW_MINUTES, windowAt } from '../../quality/window.js';
import { EXTERNAL_RULE } from '../../tables/flags.js';
import { findGapsIn } from '../../tables/gaps.js';
import type { Instant } from '../../tables/past/instant.js';
import { findPastFlagRules } from '../../tables/past/past-flags.js';
import { findNewestPastBefore, selectRecorded, streamPastRows } from '../../tables/past/past-rows.js';
import { hourBefore, TRADE_HOURS, tradeHours } from './hours.js';
import { PastRowFacts } from './past-row-facts.js';
import type { StatusSummary } from './status-summary.js';

/** The minutes whose rows are kept one by one: a window, and the newest minutes that may not be stored yet. */
const RECENT_MINUTES = WINDOW_MINUTES + 5;

/** The state of a symbol at an instant, by the rows that the audit log gives for the days before it. */
export async function summarizePast(
  trx: Transaction,
  symbol: string,
  instant: Instant,
  days: number,
): Promise<Omit<StatusSummary, 'retired' | 'sources'>> {
  const { timeMs: nowMs } = instant;
  const cut = instant.cutOf(symbol);
  const to = floorMinute(nowMs);
  const firstHour = hourBefore(to, days * 24);
  const warmUp = to - (RECENT_MINUTES + WARM_UP) * MINUTE_MS;
  const read = { from: Math.min(firstHour, hourBefore(to, TRADE_HOURS), to - days * DAY_MS, warmUp), to };
  const facts = new PastRowFacts(to - RECENT_MINUTES * MINUTE_MS);
  for await (const past of streamPastRows(trx, symbol, read, cut)) facts.add(selectRecorded(past));

  const last = facts.last ?? (await findNewestPastBefore(trx, symbol, read.from, cut));
  const window = windowAt(nowMs, last);
  const known = await findGapsIn(trx, symbol, read);
  const isFlagged = facts.invalidRows.some((row) => row.isFlagged);
  const rules = isFlagged ? await findPastFlagRules(trx, symbol, read, cut) : new Map<Minute, string>();
  return {
    last: last === null ? null : { minute: last, ageSeconds: Math.floor((nowMs - last - MINUTE_MS) / 1000) },
    window: { ...window, minutes: WINDOW_MINUTES, ...facts.countIn(window) },
    readiness: assessPastWindow(facts, { window, known, rules }),
    coverage: facts.coverage({ from: firstHour, to: window.to }),
    trade: facts.trade(tradeHours(to)),
    gaps: await listPastGaps(trx, facts, {
      symbol,
      range: { from: to - days * DAY_MS, to: window.to },
      known,
      last,
      cut,
    }),
    flags: countRules(facts, rules),
    beyondClock: null,
  };
}

interface WindowFacts {
  window: MinuteRange;
  known: readonly KnownGap[];
  rules: ReadonlyMap<Minute, string>;
}

function assessPastWindow(facts: PastRowFacts, { window, known, rules }: WindowFacts): Readiness {
  if (facts.countIn(window).valid === countMinutes(window)) return READY;
  const withWarmUp = { from: window.from - WARM_UP * MINUTE_MS, to: window.to };
  const invalidRows = facts.invalidRows.filter(
    ({ openTime }) => openTime >= withWarmUp.from && openTime < withWarmUp.to,
  );
  return assessReadiness({ window, missing: facts.missingIn(withWarmUp), absent: known, invalidRows, rules });
}

interface GapSearch {
  symbol: string;
  range: MinuteRange;
  known: readonly KnownGap[];
  last: Minute | null;
  cut: string;
}

/** The gaps of a range since the symbol's first row, as `status` lists the present ones. */
async function listPastGaps(
  trx: Transaction,
  facts: PastRowFacts,
  { symbol, range, known, last, cut }: GapSearch,
): Promise<ListedGap[]> {
  const missing = last === null ? [] : facts.missingIn(range);
  if (missing.length === 0) return [];
  const isFirstMissing = missing[0]!.from === range.from;
  const hasOlder = !isFirstMissing || (await findNewestPastBefore(trx, symbol, range.from, cut)) !== null;
  const within = known.filter((gap) => gap.from < range.to && gap.to > range.from);
  return listGaps(hasOlder ? missing : missing.slice(1), within, last);
}

/** The flagged rows, also by rule; a row that two rules flagged counts for both. */
function countRules({ invalidRows }: PastRowFacts, rules: ReadonlyMap<Minute, string>): StatusSummary['flags'] {
  const flagged = invalidRows.filter(({ isFlagged }) => isFlagged);
  const byRule: Record<string, number> = {};
  for (const { openTime } of flagged) {
    for (const rule of (rules.get(openTime) ?? EXTERNAL_RULE).split(', ')) byRule[rule] = (byRule[rule] ?? 0) + 1;
  }
  return { rows: flagged.length, byRule };
}
