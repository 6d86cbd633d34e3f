import { INDICATOR_COLUMNS } from '../core/indicator-columns.js';
import type { Minute } from '../core/minute.js';
import type { RowBlock } from '../core/row-block.js';
import type { BlockIndicators } from './annotate-block.js';
import { columnsDiffer } from './columns-differ.js';

/** The places of the rows from `from` on whose indicators or completeness are not what they should be. */
export function findStale(block: RowBlock, should: BlockIndicators, from: Minute): number[] {
  const stale: number[] = [];
  for (let i = 0; i < block.length; i += 1) {
    if (block.openTime[i]! < from) continue;
    const isStale =
      block.isComplete[i] !== should.isComplete[i] || columnsDiffer(block, should.columns, block.close, i);
    if (isStale) stale.push(i);
  }
  return stale;
}

/** Gives rows the indicators and the completeness that they should have. */
export function setIndicators(block: RowBlock, should: BlockIndicators, places: readonly number[]): void {
  for (const column of INDICATOR_COLUMNS) {
    const [target, source] = [block[column], should.columns[column]];
    for (const place of places) target[place] = source[place]!;
  }
  for (const place of places) block.isComplete[place] = should.isComplete[place]!;
}
