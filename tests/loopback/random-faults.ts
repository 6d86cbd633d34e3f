import { HOUR_MS, MINUTE_MS } from '../../src/core/minute.js';
import { createRandom, type Random } from '../harness/random.js';
import { type Fault, fault, type FaultSchedule } from './faults.js';
import type { LoggedRequest } from './request-log.js';

/** A kind of faulty response; undefined for a request that it cannot apply to. */
export type FaultKind = (random: Random, request: LoggedRequest) => Fault | undefined;

export interface RandomFaultOptions {
  seed: number;
  /** The probability of a fault, 0 to 1. */
  chance: number;
  /** The kinds of faults by name, and their weights; the default weight is 1. */
  kinds: Readonly<Record<string, FaultKind>>;
  weights?: Readonly<Record<string, number>>;
}

/** Random faults of the loopback exchange, the same ones for the same seed. */
export interface RandomFaults {
  /** The argument of `faults.schedule`. */
  schedule: FaultSchedule;
  /** The number of responses so far, and that of faults by kind. */
  answers: number;
  counts: Map<string, number>;
}

export function createRandomFaults({ seed, chance, kinds, weights = {} }: RandomFaultOptions): RandomFaults {
  const random = createRandom(seed, 'storm');
  const names = Object.keys(kinds);
  const total = names.reduce((sum, name) => sum + (weights[name] ?? 1), 0);
  const choose = () => {
    let left = random.fraction() * total;
    return names.find((name) => (left -= weights[name] ?? 1) < 0) ?? names.at(-1)!;
  };
  const randomFaults: RandomFaults = { schedule: () => undefined, answers: 0, counts: new Map() };
  randomFaults.schedule = (request) => {
    randomFaults.answers += 1;
    if (random.fraction() >= chance) return undefined;
    const name = choose();
    const drawn = kinds[name]!(random, request);
    if (drawn) randomFaults.counts.set(name, (randomFaults.counts.get(name) ?? 0) + 1);
    return drawn;
  };
  return randomFaults;
}

/** A candle in an exchange's format: the time first, then four prices. */
type AnswerRow = unknown[];

type Body = { result?: Record<string, unknown>; data?: unknown } | unknown[];

/** The index of the base volume. */
const VOLUME_PLACE: Readonly<Record<LoggedRequest['exchange'], number>> = {
  binance: 5,
  archive: 5,
  bybit: 5,
  okx: 5,
  kraken: 6,
  coinbase: 5,
};

/** A body with changed rows, in any exchange's format; undefined where it holds no candle. */
function changeRows(
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

/** The indices of four prices and the volume. */
function numberPlaces(exchange: LoggedRequest['exchange']): number[] {
  return [1, 2, 3, 4, VOLUME_PLACE[exchange]];
}

/** A row with another time; some exchanges use seconds, some strings. */
function moveTime(row: AnswerRow, exchange: LoggedRequest['exchange'], byMs: number): AnswerRow {
  const unit = exchange === 'kraken' || exchange === 'coinbase' ? 1000 : 1;
  const moved = Number(row[0]) + byMs / unit;
  return row.with(0, typeof row[0] === 'string' ? String(moved) : moved);
}

const YEAR_MS = 365 * 24 * HOUR_MS;

/** No exchange writes such numbers, but most parsers accept some of them. */
const INVALID_NUMBERS = ['1e400', '9'.repeat(5000), '-1e400', '0x1F4', 'NaN', 'Infinity', '-1', '-0.5', '1_000', ' 7 '];
const WRONG_TYPES: readonly unknown[] = [null, true, {}, [], [[]], '', { toString: 1 }, 'null', '१२'];
const BIG_BODY_BYTES = 9 * 1024 * 1024;
const NESTING_DEPTH = 50_000;

/** Faults of connections and servers: the response is unusable and recognizably so. */
const TRANSPORT_FAULTS: Readonly<Record<string, FaultKind>> = {
  'status 429': (random) => fault.tooMany(random.pick([0, 0, 1, undefined, 'soon', '-5', '1.5'])),
  'a server error': (random) => fault.serverError(random.pick([500, 502, 503, 504, 520])),
  'a transient error code': () => fault.disconnected(),
  'a reset': () => fault.reset(),
  'a cut body': () => fault.cut(),
  HTML: () => fault.html(),
  'a delay': (random) => fault.slow(20 + random.integerBelow(300)),
  'an empty body': () => ({ body: '' }),
  'deep JSON': () => ({ body: '['.repeat(NESTING_DEPTH) + ']'.repeat(NESTING_DEPTH) }),
  'a deeply nested error': (random) => ({
    status: random.pick([200, 500]),
    body: `{"retCode":${nestedArray()},"code":${nestedArray()},"error":[${nestedArray()}],"msg":${nestedArray()}}`,
  }),
  'another shape': (random) => ({
    body: random.pick<unknown>([null, 7, 'text', [null], [[]], {}, [{}], { result: {} }]),
  }),
};

/** Faults that cost seconds or megabytes each, and are therefore rare. */
const EXPENSIVE_FAULTS: Readonly<Record<string, FaultKind>> = {
  'a byte at a time': () => fault.drip(20),
  'megabytes of body': () => ({ body: ' '.repeat(BIG_BODY_BYTES) }),
  'a long status 429': (random) => fault.tooMany(random.pick([30, 3600, 999_999_999, '99999999999999999999'])),
  'a ban': (random) => fault.banned(random.pick([{ retryAfterSeconds: 3600 }, {}, { untilMs: 9_999_999_999_999 }])),
};

/** Impossible candles: each must invalidate the whole response. */
const INVALID_ROW_FAULTS: Readonly<Record<string, FaultKind>> = {
  'a candle twice': onRows((rows, random) => insert(rows, random, (row) => row)),
  'candles out of order': onRows((rows, _random, { exchange }) =>
    // fallback exchanges may use any order
    exchange === 'binance' && rows.length > 1 ? [...rows.slice(1), rows[0]] : [...rows, ...rows],
  ),
  'a time off the minute': onRows((rows, random, { exchange }) =>
    replace(rows, random, (row) => moveTime(row, exchange, random.pick([1000, -1000, 30_000, 59_000]))),
  ),
  'an invalid number': onNumber(INVALID_NUMBERS),
  'another type': onNumber(WRONG_TYPES),
  'a missing field': onRows((rows, random) => replace(rows, random, (row) => row.slice(0, 4))),
  'a price of zero': onNumber(['0', '0.00000000'], 4),
  'a low above the high': onRows((rows, random, { exchange }) =>
    replace(rows, random, (row) => row.with(exchange === 'coinbase' ? 1 : 3, toSameType(row[2], Number(row[2]) * 1.5))),
  ),
  'a null for a candle': onRows((rows, random) => replace(rows, random, () => null)),
};

/** Faults that only responses of Binance can have: candles of another interval, its clock, its symbols. */
const BINANCE_FAULTS: Readonly<Record<string, FaultKind>> = {
  'candles of another interval': (random, request) => {
    if (request.exchange !== 'binance') return undefined;
    const minutes = random.pick([3, 5, 15, 60]);
    return rowsFault(request, (rows) => {
      const kept = rows.filter((row) => (Number(row[0]) / MINUTE_MS) % minutes === 0);
      return (kept.length > 0 ? kept : rows.slice(0, 1)).map((row) =>
        row.with(6, Number(row[0]) + minutes * MINUTE_MS - 1),
      );
    });
  },
  'a field too many': (_random, request) =>
    request.exchange === 'binance' ? rowsFault(request, (rows) => rows.map((row) => [...row, 'BTCUSDT'])) : undefined,
  'a clock that jumps': (random, { path }) =>
    path.endsWith('/time')
      ? { change: (body: { serverTime: number }) => ({ serverTime: pickWrongTime(random, body.serverTime) }) }
      : undefined,
  'invalid symbol information': (random, { path }) =>
    path.endsWith('/exchangeInfo')
      ? { change: (body: Record<string, unknown>) => corruptExchangeInfo(random, body) }
      : undefined,
};

/** A `date` header that is wrong by hours or years, or no date. */
const WRONG_DATE_HEADER: FaultKind = (random, { atMs }) => {
  const byMs = random.pick([-YEAR_MS, -HOUR_MS, HOUR_MS, YEAR_MS, 100 * YEAR_MS]);
  return {
    headers: {
      date: random.fraction() < 0.8 ? new Date(atMs + byMs).toUTCString() : random.pick(['NaN', '1e400', '']),
    },
  };
};

/** All kinds of faults that the response itself shows. */
export const ALL_FAULT_KINDS: Readonly<Record<string, FaultKind>> = {
  ...TRANSPORT_FAULTS,
  ...EXPENSIVE_FAULTS,
  ...INVALID_ROW_FAULTS,
  ...BINANCE_FAULTS,
  'a date that jumps': WRONG_DATE_HEADER,
};

/** The weights of the kinds: expensive ones are rare, those of few responses frequent. */
export const FAULT_WEIGHTS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.keys(EXPENSIVE_FAULTS).map((name) => [name, 0.05])),
  'a date that jumps': 3,
  'candles of another interval': 2,
};

function onRows(change: (rows: AnswerRow[], random: Random, request: LoggedRequest) => unknown): FaultKind {
  return (random, request) => rowsFault(request, (rows) => change(rows, random, request));
}

/** Responses without candles stay unchanged, and the archive's zips. */
function rowsFault({ exchange }: LoggedRequest, change: (rows: AnswerRow[]) => unknown): Fault {
  if (exchange === 'archive') return {};
  return {
    change: (body: unknown) => {
      const text = JSON.stringify(changeRows(exchange, body, change) ?? body);
      // Coinbase sends numbers, not strings
      return exchange === 'coinbase' ? text.replace(/"(-?1e400|9{5000})"/g, '$1') : text;
    },
  };
}

function onNumber(values: readonly unknown[], among?: number): FaultKind {
  return onRows((rows, random, { exchange }) => {
    const place = random.pick(numberPlaces(exchange).slice(0, among));
    return replace(rows, random, (row) => row.with(place, random.pick(values)));
  });
}

function replace(rows: AnswerRow[], random: Random, change: (row: AnswerRow) => unknown): unknown[] {
  const at = random.integerBelow(rows.length);
  return rows.map((row, i) => (i === at ? change(row) : row));
}

function insert(rows: AnswerRow[], random: Random, change: (row: AnswerRow) => AnswerRow): AnswerRow[] {
  const at = random.integerBelow(rows.length);
  return [...rows.slice(0, at), change(rows[at]!), ...rows.slice(at)];
}

function toSameType(example: unknown, value: number): string | number {
  return typeof example === 'string' ? String(value) : value;
}

function nestedArray(): string {
  return '['.repeat(NESTING_DEPTH) + ']'.repeat(NESTING_DEPTH);
}

function pickWrongTime(random: Random, timeMs: number): unknown {
  return random.pick<unknown>([
    ...[timeMs + HOUR_MS, timeMs - HOUR_MS, timeMs + YEAR_MS, timeMs - YEAR_MS, timeMs + 100 * YEAR_MS],
    ...[8.64e15 - 1, -timeMs, 0, 1e300, timeMs + 0.5, String(timeMs), 'NaN', null, [timeMs], {}],
  ]);
}

function corruptExchangeInfo(random: Random, body: Record<string, unknown>): unknown {
  const limit = (value: unknown) => ({
    ...body,
    rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: value }],
  });
  return random.pick<unknown>([
    ...[1e300, 0.001, 1, -6000, 0, '6000', null].map(limit),
    ...[{ ...body, rateLimits: [null] }, { ...body, rateLimits: 'none' }, { ...body, symbols: {} }, {}, null],
  ]);
}
