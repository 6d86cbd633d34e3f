/** What a stored minute is in the light of the exchange's answer now: every word and its meaning. */
export const ROW_CLASSES = {
  same: 'the numbers are the ones that Binance gives now',
  filled: "a fallback exchange's row, and Binance still has no such minute: nothing to compare it with",
  revised: 'a row of Binance that was right when it was written, or is valid: Binance gives other numbers since',
  partial: 'saved before its minute ended: the open is right, volume, high and low had not come so far',
  fallback: "a fallback exchange's row, and Binance has the minute now",
  wrong_market: 'in a stretch of rows at a constant price offset, or with volume of another scale: of another market',
  unsound: 'the stored candle is impossible, the one of Binance is not',
  different: 'other numbers than Binance gives, in a row that chartctl did not write and nobody found valid',
  missing: 'Binance has the minute, the table does not',
  absent: 'the table has the minute, Binance does not',
} as const;

export type RowClass = keyof typeof ROW_CLASSES;

export const ROW_CLASS_NAMES = Object.keys(ROW_CLASSES) as RowClass[];

/** Whether a class names a difference from the exchange. */
export function isDifference(rowClass: RowClass): boolean {
  return rowClass !== 'same' && rowClass !== 'filled';
}
