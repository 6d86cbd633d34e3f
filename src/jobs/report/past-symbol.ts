import { FIRST_CANDLE, floorMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import { joinAdjacent, type MinuteRange, subtractRanges, toRanges } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { listGaps } from '../../quality/gaps.js';
import { measureVolumes, volumeThreshold } from '../../quality/rules/volume-spike.js';
import { untilExpected } from '../../quality/window.js';
import { toHourCandles } from '../../report/hour-candles.js';
import type { ReportWindow, SymbolReport, VolumeLine } from '../../report/report-data.js';
import { copyRows, createBlock, isSoundAt, type RowBlock, sliceBlock } from '../../rows/row-block.js';
import { EXTERNAL_FLAG_REASON, type FlagRecord } from '../../rows/row-state.js';
import { EXTERNAL_RULE } from '../../tables/flags.js';
import { findGapsIn } from '../../tables/gaps.js';
import type { Instant } from '../../tables/past/instant.js';
import { findPastFlags, isStanding } from '../../tables/past/past-flags.js';
import { selectRecorded, streamPastRows } from '../../tables/past/past-rows.js';
import { summarizePast } from '../status/past-status.js';
import type { ReportQuery } from './present-symbol.js';
import { loadReportJobs, loadReportTrainings } from './report-jobs.js';
import { countSources, describeGaps } from './symbol-parts.js';

/** A symbol's part of a report, of the rows as they were at an instant, which is also the query's clock. */
export async function loadPastSymbol(
  trx: Transaction,
  symbol: string,
  { range, nowMs, sigma }: ReportQuery,
  instant: Instant,
): Promise<SymbolReport> {
  const cut = instant.cutOf(symbol);
  const until = new Date(Date.parse(cut) + 1); // a Date has whole milliseconds
  const found = new PastRange(range);
  for await (const past of streamPastRows(trx, symbol, { from: FIRST_CANDLE, to: floorMinute(nowMs) }, cut)) {
    found.add(selectRecorded(past));
  }
  const { rows, present } = found;
  const first = present[0]?.from ?? null;
  const newest = present.length > 0 ? present.at(-1)!.to - MINUTE_MS : null;
  const expected = untilExpected(range, nowMs, newest);
  const gaps = listGaps(subtractRanges([expected], present), await findGapsIn(trx, symbol, expected), newest);
  return {
    symbol,
    rows,
    bySource: countSources(rows),
    hours: toHourCandles(rows, expected),
    window: await describePastWindow(trx, symbol, instant),
    volume: found.measureVolume(sigma),
    gaps: describeGaps(gaps, first),
    flags: withExternal(await findPastFlags(trx, symbol, range, cut), rows),
    jobs: await loadReportJobs(trx, symbol, until),
    trainings: await loadReportTrainings(trx, symbol, until),
  };
}

async function describePastWindow(trx: Transaction, symbol: string, instant: Instant): Promise<ReportWindow> {
  const { window, readiness } = await summarizePast(trx, symbol, instant, 1);
  const { from, to, minutes, present, valid } = window;
  const { isReady, readyFrom, blockers } = readiness;
  return { from, to, minutes, present, valid, isReady, readyFrom, blockers };
}

/** Adds the rows that are flagged without a standing flag; ordered by time and rule. */
function withExternal(flags: readonly FlagRecord[], rows: RowBlock): FlagRecord[] {
  const standing = new Set(flags.filter(isStanding).map(({ minute }) => minute));
  const external: FlagRecord[] = [];
  for (let at = 0; at < rows.length; at += 1) {
    const minute = rows.openTime[at]!;
    if (rows.hasMissingData[at] !== 1 || standing.has(minute)) continue;
    const base = { value: null, threshold: null, state: 'open', isKept: false, reason: EXTERNAL_FLAG_REASON };
    external.push({ minute, rule: EXTERNAL_RULE, ...base });
  }
  return [...flags, ...external].sort((a, b) => a.minute - b.minute || (a.rule < b.rule ? -1 : 1));
}

/** What a report needs of all rows of a symbol, which are added in order of time. */
class PastRange {
  /** The minutes with a row, ordered. */
  present: MinuteRange[] = [];
  readonly #range: MinuteRange;
  readonly #parts: RowBlock[] = [];
  /** Of the sound candles and of the others. */
  readonly #volumes: { sound: number[]; unsound: number[] } = { sound: [], unsound: [] };

  /** @param range the minutes whose rows are kept */
  constructor(range: MinuteRange) {
    this.#range = range;
  }

  add(rows: RowBlock): void {
    this.present = joinAdjacent([...this.present, ...toRanges(rows.openTime)], () => true);
    for (let at = 0; at < rows.length; at += 1) {
      (isSoundAt(rows, at) ? this.#volumes.sound : this.#volumes.unsound).push(rows.volume[at]!);
    }
    const start = countBefore(rows, this.#range.from);
    const end = countBefore(rows, this.#range.to);
    if (end > start) this.#parts.push(sliceBlock(rows, start, end));
  }

  /** The rows of the range. */
  get rows(): RowBlock {
    const joined = createBlock(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      copyRows(joined, at, part, 0, part.length);
      at += part.length;
    }
    return joined;
  }

  /** The threshold of the rule `volume_spike` over all rows, as for the present ones. */
  measureVolume(sigma: number): VolumeLine | null {
    const { sound, unsound } = this.#volumes;
    const statistics = measureVolumes(Float64Array.from(sound.concat(unsound)));
    return statistics && { sigma, threshold: volumeThreshold(statistics, sigma) };
  }
}

/** The number of rows before a minute; the rows are ordered by time. */
function countBefore({ openTime, length }: RowBlock, minute: Minute): number {
  let count = 0;
  while (count < length && openTime[count]! < minute) count += 1;
  return count;
}
