import { floorMinute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { isSymbol } from '../../core/symbol.js';
import { inSnapshot } from '../../database/snapshot.js';
import type { Transaction } from '../../database/store.js';
import { RECURSION_REACH } from '../../indicators/indicator.js';
import { compareRows } from '../../quality/compare-rows.js';
import { requireCurrentSchema } from '../../tables/migration/require-current-schema.js';
import { findChangedSpan } from '../../tables/past/later-changes.js';
import type { LogRange } from '../../tables/past/last-causes.js';
import { findHeldRange } from '../../tables/past/past-rows.js';
import { findSymbols } from '../../tables/rolling-chart-data/symbols.js';
import type { StoreContext } from '../job.js';
import { type ComparedName, type ComparedSide, findSide } from './compared-side.js';
import { type Differences, type ExplainedDifference, sumDifferences } from './sum-differences.js';

/** What is compared, and how much of it. */
export interface DiffOptions {
  a: ComparedName;
  b: ComparedName;
  symbols: readonly string[] | 'all';
  range?: MinuteRange | undefined;
  /** Gets every row that differs. */
  onDifferences?: ((batch: readonly ExplainedDifference[]) => Promise<void>) | undefined;
}

/** All rows of the table. */
const ALL_TIME: MinuteRange = { from: 0, to: Date.parse('2100-01-01T00:00:00Z') };

/**
 * Compares two sets of rows: training files, exports, or the table as it was at a time or at the end of a job. If one of
 * them is a training set, only valid rows are compared.
 *
 * @throws Failure for a file that is not there or was not understood, and (usage) `BEFORE_AUDIT`
 */
export async function diff(context: StoreContext, options: DiffOptions): Promise<Differences> {
  await requireCurrentSchema(context.store);
  return inSnapshot(context.store.knex, async (trx) => {
    const sides = [await findSide(trx, options.a), await findSide(trx, options.b)] as const;
    const symbols = await chooseSymbols(trx, sides, options.symbols);
    const isValidOnly = sides.some(({ isTrainingSet }) => isTrainingSet);
    let cuts: [(symbol: string) => string, (symbol: string) => string] = [() => 'infinity', () => 'infinity'];
    const found = new Map<string, Promise<MinuteRange | null>>();
    const rangeOf = (symbol: string) => {
      const range = found.get(symbol) ?? chooseRange(trx, symbol, sides, options.range, toLogRange(cuts, symbol));
      found.set(symbol, range);
      return range;
    };
    const request = { symbols, rangeOf, isValidOnly, signal: context.signal };
    const [a, b] = [await sides[0].open(request), await sides[1].open(request)];
    cuts = [a.cutOf, b.cutOf];
    return sumDifferences(trx, compareRows(a.blocks(), b.blocks(), false), {
      logOf: (symbol) => toLogRange(cuts, symbol),
      onBatch: options.onDifferences,
      signal: context.signal,
    });
  });
}

async function chooseSymbols(
  trx: Transaction,
  sides: readonly ComparedSide[],
  asked: readonly string[] | 'all',
): Promise<string[]> {
  if (asked !== 'all') return [...new Set(asked)].sort();
  const named = sides.flatMap(({ symbols }) => symbols ?? []);
  const symbols = named.length > 0 ? named : (await findSymbols(trx)).filter(isSymbol);
  return [...new Set(symbols)].sort();
}

/** What has to be read of a symbol; null for nothing. */
async function chooseRange(
  trx: Transaction,
  symbol: string,
  sides: readonly ComparedSide[],
  asked: MinuteRange | undefined,
  { after }: LogRange,
): Promise<MinuteRange | null> {
  const own = sides.flatMap(({ range }) => range ?? []);
  const whole = asked ?? (own.length > 0 ? joinRanges(own) : ALL_TIME);
  if (own.length > 0) return whole;
  // the rows that did not change after the earlier instant are the same in both
  const changed = await findChangedSpan(trx, symbol, whole, after);
  const held = changed && (await findHeldRange(trx, symbol, whole, after));
  if (!changed || !held) return null;
  return {
    from: Math.max(held.from, floorMinute(changed.first)),
    to: Math.min(held.to, floorMinute(changed.last) + (RECURSION_REACH + 1) * MINUTE_MS),
  };
}

function joinRanges(ranges: readonly MinuteRange[]): MinuteRange {
  return {
    from: Math.min(...ranges.map(({ from }) => from)),
    to: Math.max(...ranges.map(({ to }) => to)),
  };
}

/** The entries of the audit log between the two sets. */
function toLogRange([a, b]: readonly ((symbol: string) => string)[], symbol: string): LogRange {
  const [x, y] = [a!(symbol), b!(symbol)];
  const isAFirst = toNumber(x) < toNumber(y) || (toNumber(x) === toNumber(y) && x <= y);
  return isAFirst ? { after: x, until: y } : { after: y, until: x };
}

function toNumber(time: string): number {
  if (time === 'infinity') return Infinity;
  return time === '-infinity' ? -Infinity : Date.parse(time);
}
