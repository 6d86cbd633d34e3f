/** The classes of a minute, compared with the exchange's current candle, and their meanings. */
export const ROW_CLASSES = {
  same: 'the numbers are those that Binance has now',
  filled: 'a row of a fallback exchange, and Binance still does not have the minute: it cannot be compared',
  revised: 'a row of Binance that was right when it was written, or is valid: Binance has changed the numbers since',
  partial: 'saved before its minute ended: the open is right, volume, high and low are not final',
  fallback: 'a row of a fallback exchange, and Binance has the minute now',
  wrong_market: 'in a stretch of rows with a constant price offset, or with volumes of another scale: another market',
  unsound: "the stored candle is impossible, Binance's is not",
  different: "numbers differ from Binance's, in a row that chartctl did not write and that is not valid",
  missing: 'Binance has the minute, the table does not',
  absent: 'the table has the minute, Binance does not',
} as const;

export type RowClass = keyof typeof ROW_CLASSES;

export const ROW_CLASS_NAMES = Object.keys(ROW_CLASSES) as RowClass[];

/** Whether the class is a difference from the exchange. */
export function isDifference(rowClass: RowClass): boolean {
  return rowClass !== 'same' && rowClass !== 'filled';
}
