import type { Dice } from '../harness/dice.js';
import { changeRows, moveTime, numberPlaces, type AnswerRow } from './answer-rows.js';
import { fault, type Fault } from './faults.js';
import type { LoggedRequest } from './request-log.js';
import type { StormKind } from './storm.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** No exchange writes a number like these, and most parsers take some of them. */
const ABSURD_NUMBERS = ['1e400', '9'.repeat(5000), '-1e400', '0x1F4', 'NaN', 'Infinity', '-1', '-0.5', '1_000', ' 7 '];
const WRONG_TYPES: readonly unknown[] = [null, true, {}, [], [[]], '', { toString: 1 }, 'null', '१२'];
const BIG_BODY_BYTES = 9 * 1024 * 1024;
const DEEP = 50_000;

/** How connections and servers fail: nothing of the answer can be used, and it shows. */
export const BROKEN: Readonly<Record<string, StormKind>> = {
  'status 429': (dice) => fault.tooMany(dice.pick([0, 0, 1, undefined, 'soon', '-5', '1.5'])),
  'a server error': (dice) => fault.serverError(dice.pick([500, 502, 503, 504, 520])),
  'a passing complaint': () => fault.disconnected(),
  'a reset': () => fault.reset(),
  'a cut body': () => fault.cut(),
  HTML: () => fault.html(),
  'a delay': (dice) => fault.slow(20 + dice.below(300)),
  'an empty body': () => ({ body: '' }),
  'deep JSON': () => ({ body: '['.repeat(DEEP) + ']'.repeat(DEEP) }),
  'a deep complaint': (dice) => ({
    status: dice.pick([200, 500]),
    body: `{"retCode":${deep()},"code":${deep()},"error":[${deep()}],"msg":${deep()}}`,
  }),
  'something else': (dice) => ({ body: dice.pick<unknown>([null, 7, 'text', [null], [[]], {}, [{}], { result: {} }]) }),
};

/** What costs seconds or megabytes each time, and so comes seldom. */
export const HEAVY: Readonly<Record<string, StormKind>> = {
  'a drip': () => fault.drip(20),
  'megabytes of body': () => ({ body: ' '.repeat(BIG_BODY_BYTES) }),
  'a long status 429': (dice) => fault.tooMany(dice.pick([30, 3600, 999_999_999, '99999999999999999999'])),
  'a ban': (dice) => fault.banned(dice.pick([{ retryAfterSeconds: 3600 }, {}, { untilMs: 9_999_999_999_999 }])),
};

/** Candles that cannot be: each must make its whole answer nonsense. */
export const SPOILT_ROWS: Readonly<Record<string, StormKind>> = {
  'a candle twice': onRows((rows, dice) => insert(rows, dice, (row) => row)),
  'candles out of order': onRows((rows, _dice, { exchange }) =>
    // fallback exchanges may give any order, and two candles cannot be told from one that is missing
    exchange === 'binance' && rows.length > 1 ? [...rows.slice(1), rows[0]] : [...rows, ...rows],
  ),
  'a time off the minute': onRows((rows, dice, { exchange }) =>
    replace(rows, dice, (row) => moveTime(row, exchange, dice.pick([1000, -1000, 30_000, 59_000]))),
  ),
  'an absurd number': onNumber(ABSURD_NUMBERS),
  'another type': onNumber(WRONG_TYPES),
  'a missing field': onRows((rows, dice) => replace(rows, dice, (row) => row.slice(0, 4))),
  'a price of zero': onNumber(['0', '0.00000000'], 4),
  'a low above the high': onRows((rows, dice, { exchange }) =>
    replace(rows, dice, (row) => row.with(exchange === 'coinbase' ? 1 : 3, alike(row[2], Number(row[2]) * 1.5))),
  ),
  'a null for a candle': onRows((rows, dice) => replace(rows, dice, () => null)),
};

/** What only Binance says: candles of another interval, its clock, its symbols. */
export const BINANCE_ONLY: Readonly<Record<string, StormKind>> = {
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
      ? { change: (body: { serverTime: number }) => ({ serverTime: jump(dice, body.serverTime) }) }
      : undefined,
  'nonsense about symbols': (dice, { path }) =>
    path.endsWith('/exchangeInfo') ? { change: (body: Record<string, unknown>) => spoilInfo(dice, body) } : undefined,
};

/** The `date` header, which says when an answer was made, is wrong by hours or years, or no date at all. */
export const JUMPING_DATE: StormKind = (dice, { atMs }) => {
  const byMs = dice.pick([-YEAR_MS, -HOUR_MS, HOUR_MS, YEAR_MS, 100 * YEAR_MS]);
  return {
    headers: { date: dice.share() < 0.8 ? new Date(atMs + byMs).toUTCString() : dice.pick(['NaN', '1e400', '']) },
  };
};

/** Everything that shows in the answer itself. */
export const WHOLE_STORM: Readonly<Record<string, StormKind>> = {
  ...BROKEN,
  ...HEAVY,
  ...SPOILT_ROWS,
  ...BINANCE_ONLY,
  'a date that jumps': JUMPING_DATE,
};

/** How often the kinds come beside each other: the heavy ones seldom, those that only some answers can have more often. */
export const STORM_WEIGHTS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.keys(HEAVY).map((name) => [name, 0.05])),
  'a date that jumps': 3,
  'candles of another interval': 2,
};

function onRows(change: (rows: AnswerRow[], dice: Dice, request: LoggedRequest) => unknown): StormKind {
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

function onNumber(values: readonly unknown[], among?: number): StormKind {
  return onRows((rows, dice, { exchange }) => {
    const place = dice.pick(numberPlaces(exchange).slice(0, among));
    return replace(rows, dice, (row) => row.with(place, dice.pick(values)));
  });
}

function replace(rows: AnswerRow[], dice: Dice, change: (row: AnswerRow) => unknown): unknown[] {
  const at = dice.below(rows.length);
  return rows.map((row, i) => (i === at ? change(row) : row));
}

function insert(rows: AnswerRow[], dice: Dice, change: (row: AnswerRow) => AnswerRow): AnswerRow[] {
  const at = dice.below(rows.length);
  return [...rows.slice(0, at), change(rows[at]!), ...rows.slice(at)];
}

function alike(example: unknown, value: number): string | number {
  return typeof example === 'string' ? String(value) : value;
}

function deep(): string {
  return '['.repeat(DEEP) + ']'.repeat(DEEP);
}

function jump(dice: Dice, timeMs: number): unknown {
  return dice.pick<unknown>([
    ...[timeMs + HOUR_MS, timeMs - HOUR_MS, timeMs + YEAR_MS, timeMs - YEAR_MS, timeMs + 100 * YEAR_MS],
    ...[8.64e15 - 1, -timeMs, 0, 1e300, timeMs + 0.5, String(timeMs), 'NaN', null, [timeMs], {}],
  ]);
}

function spoilInfo(dice: Dice, body: Record<string, unknown>): unknown {
  const limit = (value: unknown) => ({
    ...body,
    rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: value }],
  });
  return dice.pick<unknown>([
    ...[1e300, 0.001, 1, -6000, 0, '6000', null].map(limit),
    ...[{ ...body, rateLimits: [null] }, { ...body, rateLimits: 'none' }, { ...body, symbols: {} }, {}, null],
  ]);
}
