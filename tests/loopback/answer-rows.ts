import type { LoggedRequest } from './request-log.js';

/** One candle as an exchange writes it: its time comes first, then four prices. */
export type AnswerRow = unknown[];

type Body = { result?: Record<string, unknown>; data?: unknown } | unknown[];

/** Where each exchange writes the base volume. */
const VOLUME_PLACE: Readonly<Record<LoggedRequest['exchange'], number>> = {
  binance: 5,
  bybit: 5,
  okx: 5,
  kraken: 6,
  coinbase: 5,
};

/** A body with other rows in it, in any exchange's format; undefined where it holds no candle. */
export function changeRows(
  exchange: LoggedRequest['exchange'],
  body: unknown,
  change: (rows: AnswerRow[]) => unknown,
): unknown {
  const answer = body as Body;
  if (Array.isArray(answer)) return answer.length > 0 ? change(answer as AnswerRow[]) : undefined;
  const holder = exchange === 'okx' ? (answer as Record<string, unknown>) : answer.result;
  const place = Object.keys(holder ?? {}).find((name) => Array.isArray(holder![name]));
  const rows = place === undefined ? [] : (holder![place] as AnswerRow[]);
  if (rows.length === 0) return undefined;
  const changed = { ...holder, [place!]: change(rows) };
  return exchange === 'okx' ? changed : { ...answer, result: changed };
}

/** The five numbers of a candle: four prices and the volume. */
export function numberPlaces(exchange: LoggedRequest['exchange']): number[] {
  return [1, 2, 3, 4, VOLUME_PLACE[exchange]];
}

/** A row with its time moved; some exchanges write seconds, some strings. */
export function moveTime(row: AnswerRow, exchange: LoggedRequest['exchange'], byMs: number): AnswerRow {
  const unit = exchange === 'kraken' || exchange === 'coinbase' ? 1000 : 1;
  const moved = Number(row[0]) + byMs / unit;
  return row.with(0, typeof row[0] === 'string' ? String(moved) : moved);
}
