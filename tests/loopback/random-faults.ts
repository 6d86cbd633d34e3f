import { createRandom, type Random } from '../harness/random.js';
import { type Fault, fault, type FaultSchedule } from './faults.js';
import type { LoggedRequest } from './request-log.js';

/** One way in which an answer goes wrong; undefined for a request that cannot go wrong this way. */
export type FaultKind = (dice: Random, request: LoggedRequest) => Fault | undefined;

export interface RandomFaultOptions {
  seed: number;
  /** How many of all answers go wrong: 0 to 1. */
  chance: number;
  /** What may go wrong, by name, and how often beside the others; a kind that is not named has the weight 1. */
  kinds: Readonly<Record<string, FaultKind>>;
  weights?: Readonly<Record<string, number>>;
}

/** Bad weather over the loopback exchange: each answer goes wrong by chance, the same way again for the same seed. */
export interface RandomFaults {
  /** To be given to `faults.storm`. */
  schedule: FaultSchedule;
  /** Answers that it saw, and what became of them. */
  answers: number;
  counts: Map<string, number>;
}

export function createRandomFaults({ seed, chance, kinds, weights = {} }: RandomFaultOptions): RandomFaults {
  const dice = createRandom(seed, 'storm');
  const names = Object.keys(kinds);
  const total = names.reduce((sum, name) => sum + (weights[name] ?? 1), 0);
  const choose = () => {
    let left = dice.fraction() * total;
    return names.find((name) => (left -= weights[name] ?? 1) < 0) ?? names.at(-1)!;
  };
  const storm: RandomFaults = { schedule: () => undefined, answers: 0, counts: new Map() };
  storm.schedule = (request) => {
    storm.answers += 1;
    if (dice.fraction() >= chance) return undefined;
    const name = choose();
    const fault = kinds[name]!(dice, request);
    if (fault) storm.counts.set(name, (storm.counts.get(name) ?? 0) + 1);
    return fault;
  };
  return storm;
}

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

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** No exchange writes a number like these, and most parsers take some of them. */
const INVALID_NUMBERS = ['1e400', '9'.repeat(5000), '-1e400', '0x1F4', 'NaN', 'Infinity', '-1', '-0.5', '1_000', ' 7 '];
const WRONG_TYPES: readonly unknown[] = [null, true, {}, [], [[]], '', { toString: 1 }, 'null', '१२'];
const BIG_BODY_BYTES = 9 * 1024 * 1024;
const NESTING_DEPTH = 50_000;

/** How connections and servers fail: nothing of the answer can be used, and it shows. */
export const TRANSPORT_FAULTS: Readonly<Record<string, FaultKind>> = {
  'status 429': (dice) => fault.tooMany(dice.pick([0, 0, 1, undefined, 'soon', '-5', '1.5'])),
  'a server error': (dice) => fault.serverError(dice.pick([500, 502, 503, 504, 520])),
  'a passing complaint': () => fault.disconnected(),
  'a reset': () => fault.reset(),
  'a cut body': () => fault.cut(),
  HTML: () => fault.html(),
  'a delay': (dice) => fault.slow(20 + dice.integerBelow(300)),
  'an empty body': () => ({ body: '' }),
  'deep JSON': () => ({ body: '['.repeat(NESTING_DEPTH) + ']'.repeat(NESTING_DEPTH) }),
  'a deep complaint': (dice) => ({
    status: dice.pick([200, 500]),
    body: `{"retCode":${nestedArray()},"code":${nestedArray()},"error":[${nestedArray()}],"msg":${nestedArray()}}`,
  }),
  'something else': (dice) => ({ body: dice.pick<unknown>([null, 7, 'text', [null], [[]], {}, [{}], { result: {} }]) }),
};

/** What costs seconds or megabytes each time, and so comes seldom. */
export const EXPENSIVE_FAULTS: Readonly<Record<string, FaultKind>> = {
  'a drip': () => fault.drip(20),
  'megabytes of body': () => ({ body: ' '.repeat(BIG_BODY_BYTES) }),
  'a long status 429': (dice) => fault.tooMany(dice.pick([30, 3600, 999_999_999, '99999999999999999999'])),
  'a ban': (dice) => fault.banned(dice.pick([{ retryAfterSeconds: 3600 }, {}, { untilMs: 9_999_999_999_999 }])),
};

/** Candles that cannot be: each must make its whole answer nonsense. */
export const INVALID_ROW_FAULTS: Readonly<Record<string, FaultKind>> = {
  'a candle twice': onRows((rows, dice) => insert(rows, dice, (row) => row)),
  'candles out of order': onRows((rows, _dice, { exchange }) =>
    // fallback exchanges may give any order, and two candles cannot be told from one that is missing
    exchange === 'binance' && rows.length > 1 ? [...rows.slice(1), rows[0]] : [...rows, ...rows],
  ),
  'a time off the minute': onRows((rows, dice, { exchange }) =>
    replace(rows, dice, (row) => moveTime(row, exchange, dice.pick([1000, -1000, 30_000, 59_000]))),
  ),
  'an absurd number': onNumber(INVALID_NUMBERS),
  'another type': onNumber(WRONG_TYPES),
  'a missing field': onRows((rows, dice) => replace(rows, dice, (row) => row.slice(0, 4))),
  'a price of zero': onNumber(['0', '0.00000000'], 4),
  'a low above the high': onRows((rows, dice, { exchange }) =>
    replace(rows, dice, (row) => row.with(exchange === 'coinbase' ? 1 : 3, toSameType(row[2], Number(row[2]) * 1.5))),
  ),
  'a null for a candle': onRows((rows, dice) => replace(rows, dice, () => null)),
};

/** What only Binance says: candles of another interval, its clock, its symbols. */
export const BINANCE_FAULTS: Readonly<Record<string, FaultKind>> = {
  'candles of another interval': (dice, request) => {
    if (request.exchange !== 'binance') return undefined;
    const minutes = dice.pick([3, 5, 15, 60]);
    return rowsFault(request, (rows) => {
      const kept = rows.filter((row) => (Number(row[0]) / MINUTE_MS) % minutes === 0);
      return (kept.length > 0 ? kept : rows.slice(0, 1)).map((row) =>
        row.with(6, Number(row[0]) + minutes * MINUTE_MS - 1),
      );
    });
  },
  'a field too many': (_dice, request) =>
    request.exchange === 'binance' ? rowsFault(request, (rows) => rows.map((row) => [...row, 'BTCUSDT'])) : undefined,
  'a clock that jumps': (dice, { path }) =>
    path.endsWith('/time')
      ? { change: (body: { serverTime: number }) => ({ serverTime: pickWrongTime(dice, body.serverTime) }) }
      : undefined,
  'nonsense about symbols': (dice, { path }) =>
    path.endsWith('/exchangeInfo')
      ? { change: (body: Record<string, unknown>) => corruptExchangeInfo(dice, body) }
      : undefined,
};

/** The `date` header, which says when an answer was made, is wrong by hours or years, or no date at all. */
export const WRONG_DATE_HEADER: FaultKind = (dice, { atMs }) => {
  const byMs = dice.pick([-YEAR_MS, -HOUR_MS, HOUR_MS, YEAR_MS, 100 * YEAR_MS]);
  return {
    headers: { date: dice.fraction() < 0.8 ? new Date(atMs + byMs).toUTCString() : dice.pick(['NaN', '1e400', '']) },
  };
};

/** Everything that shows in the answer itself. */
export const ALL_FAULT_KINDS: Readonly<Record<string, FaultKind>> = {
  ...TRANSPORT_FAULTS,
  ...EXPENSIVE_FAULTS,
  ...INVALID_ROW_FAULTS,
  ...BINANCE_FAULTS,
  'a date that jumps': WRONG_DATE_HEADER,
};

/** How often the kinds come beside each other: the heavy ones seldom, those that only some answers can have more often. */
export const FAULT_WEIGHTS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.keys(EXPENSIVE_FAULTS).map((name) => [name, 0.05])),
  'a date that jumps': 3,
  'candles of another interval': 2,
};

function onRows(change: (rows: AnswerRow[], dice: Random, request: LoggedRequest) => unknown): FaultKind {
  return (dice, request) => rowsFault(request, (rows) => change(rows, dice, request));
}

/** Answers without candles stay as they are. */
function rowsFault({ exchange }: LoggedRequest, change: (rows: AnswerRow[]) => unknown): Fault {
  return {
    change: (body: unknown) => {
      const text = JSON.stringify(changeRows(exchange, body, change) ?? body);
      // Coinbase's numbers are JSON's own
      return exchange === 'coinbase' ? text.replace(/"(-?1e400|9{5000})"/g, '$1') : text;
    },
  };
}

function onNumber(values: readonly unknown[], among?: number): FaultKind {
  return onRows((rows, dice, { exchange }) => {
    const place = dice.pick(numberPlaces(exchange).slice(0, among));
    return replace(rows, dice, (row) => row.with(place, dice.pick(values)));
  });
}

function replace(rows: AnswerRow[], dice: Random, change: (row: AnswerRow) => unknown): unknown[] {
  const at = dice.integerBelow(rows.length);
  return rows.map((row, i) => (i === at ? change(row) : row));
}

function insert(rows: AnswerRow[], dice: Random, change: (row: AnswerRow) => AnswerRow): AnswerRow[] {
  const at = dice.integerBelow(rows.length);
  return [...rows.slice(0, at), change(rows[at]!), ...rows.slice(at)];
}

function toSameType(example: unknown, value: number): string | number {
  return typeof example === 'string' ? String(value) : value;
}

function nestedArray(): string {
  return '['.repeat(NESTING_DEPTH) + ']'.repeat(NESTING_DEPTH);
}

function pickWrongTime(dice: Random, timeMs: number): unknown {
  return dice.pick<unknown>([
    ...[timeMs + HOUR_MS, timeMs - HOUR_MS, timeMs + YEAR_MS, timeMs - YEAR_MS, timeMs + 100 * YEAR_MS],
    ...[8.64e15 - 1, -timeMs, 0, 1e300, timeMs + 0.5, String(timeMs), 'NaN', null, [timeMs], {}],
  ]);
}

function corruptExchangeInfo(dice: Random, body: Record<string, unknown>): unknown {
  const limit = (value: unknown) => ({
    ...body,
    rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: value }],
  });
  return dice.pick<unknown>([
    ...[1e300, 0.001, 1, -6000, 0, '6000', null].map(limit),
    ...[{ ...body, rateLimits: [null] }, { ...body, rateLimits: 'none' }, { ...body, symbols: {} }, {}, null],
  ]);
}
