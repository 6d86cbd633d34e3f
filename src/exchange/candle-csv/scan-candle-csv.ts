import { createHash } from 'node:crypto';
import { throwIfStopped } from '../../core/failure.js';
import { DAY_MS, floorMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { isSymbol, SYMBOL_FORM } from '../../core/symbol.js';
import { ArchiveFault } from '../archive/archive-fault.js';
import { findLineEnd, invalidLine, requirePeriod } from '../kline-line.js';
import { type CsvLayout, readLayout, skipByteOrderMark } from './csv-layout.js';
import { type LineBlock, readBlocks } from './read-blocks.js';
import { isOfBinance, readCandle, readOpenTime, readSymbol } from './read-row.js';
import { SeenMinutes } from './seen-minutes.js';
import type { CsvMonth, CsvSymbol, ScannedCsv } from './scanned-csv.js';
import type { FieldBounds } from './split-fields.js';
import { type LinePlace, walkLines } from './walk-lines.js';

/** What is known of a CSV without reading it. */
export interface CsvExpectations {
  /** The symbol of rows that do not say it. */
  symbol?: string | undefined;
  /** The file's name says symbol and period; other rows are not to be in it. */
  period?: MinuteRange | undefined;
  /** The clock: candles that were not over are not taken. */
  nowMs: number;
  signal?: AbortSignal | undefined;
}

/** Rows of these days of a month need no calendar. */
const SHORTEST_MONTH_MS = 28 * DAY_MS;
/** Fewer candles than these do not show their interval by the time between them. */
const MIN_ROWS_FOR_INTERVAL = 3;
/** The shortest of Binance's intervals above a minute. */
const MIN_OTHER_INTERVAL_MS = 3 * MINUTE_MS;

/**
 * Checks every row of a CSV of candles, and finds out where its rows are; undefined when it is no CSV of candles.
 *
 * The rules are those of `parseArchiveCsv`: of rows of one minute that differ none is taken, candles off the minute cost
 * their minutes, anything else that is not a sound candle makes the whole file invalid. Rows of other sources than
 * Binance and the candle that is still open are counted and left out; later rows make the file invalid.
 *
 * @throws ArchiveFault (`content`) that names the line and what it held
 * @throws Failure (failed) `UNREADABLE`
 */
export async function scanCandleCsv(path: string, expected: CsvExpectations): Promise<ScannedCsv | undefined> {
  const hash = createHash('sha256');
  let scan: CsvScan | undefined;
  for await (const block of readBlocks(path, { onBytes: (bytes) => hash.update(bytes), signal: expected.signal })) {
    throwIfStopped(expected.signal);
    if (!scan) {
      const begun = beginScan(block, expected);
      if (!begun) return undefined;
      scan = begun.scan;
      scan.readBlock(block, begun.at);
    } else {
      scan.readBlock(block, 0);
    }
  }
  if (!scan) throw new ArchiveFault('content', 'it is empty');
  return { layout: scan.layout, defaultSymbol: expected.symbol, sha256: hash.digest('hex'), symbols: scan.finish() };
}

function beginScan(block: LineBlock, expected: CsvExpectations): { scan: CsvScan; at: number } | undefined {
  requireUtf8(block.bytes);
  const start = skipByteOrderMark(block.bytes);
  const { end, next } = findLineEnd(block.bytes, start);
  const layout = readLayout(block.bytes, start, end);
  return (
    layout && { scan: new CsvScan(layout, expected, layout.hasHeader ? 2 : 1), at: layout.hasHeader ? next : start }
  );
}

/** The first characters show UTF-16, which spreadsheets write. */
function requireUtf8([first, second]: Buffer): void {
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || second === 0;
  if (isUtf16) throw new ArchiveFault('content', 'it is in UTF-16, expected UTF-8');
}

interface SymbolState extends Pick<CsvSymbol, 'rows' | 'otherSource' | 'open'> {
  seen: SeenMinutes;
  offMinute: Set<Minute>;
  months: Map<Minute, CsvMonth>;
  /** The month of the last row. */
  lastMonth: CsvMonth | undefined;
}

class CsvScan {
  readonly layout: CsvLayout;
  readonly #expected: CsvExpectations;
  readonly #states = new Map<string, SymbolState>();
  #line: number;

  constructor(layout: CsvLayout, expected: CsvExpectations, line: number) {
    this.layout = layout;
    this.#expected = expected;
    this.#line = line;
  }

  readBlock(block: LineBlock, at: number): void {
    this.#line = walkLines(block, this.layout, { at, line: this.#line }, (csv, bounds, place) =>
      this.#readLine(csv, bounds, place),
    );
  }

  /** @throws ArchiveFault for a file without a row, or with candles of another interval */
  finish(): CsvSymbol[] {
    if (this.#states.size === 0) throw new ArchiveFault('content', 'it has no row');
    return [...this.#states].map(([symbol, { seen, offMinute, months, rows, otherSource, open }]) => {
      const minutes = seen.toRanges(new Set([...seen.conflicting, ...offMinute]));
      requireMinuteInterval(minutes);
      const inOrder = (minutesFound: Iterable<Minute>) => [...minutesFound].sort((a, b) => a - b);
      return {
        symbol,
        rows,
        otherSource,
        open,
        minutes,
        duplicates: seen.duplicates,
        conflicting: inOrder(seen.conflicting),
        offMinute: inOrder(offMinute),
        months: [...months.values()].sort((a, b) => a.from - b.from),
      };
    });
  }

  #readLine(csv: Buffer, bounds: FieldBounds, place: LinePlace): void {
    const { layout } = this;
    const { period, nowMs } = this.#expected;
    const state = this.#stateOf(this.#symbolOf(csv, bounds, place.line));
    state.rows += 1;
    if (!isOfBinance(csv, bounds, layout)) {
      state.otherSource += 1;
      return;
    }
    const openTime = readOpenTime(csv, bounds, layout, place.line);
    if (period) requirePeriod(openTime, period, place.line);
    if (openTime + MINUTE_MS > nowMs) {
      if (openTime > nowMs) throw invalidLine(place.line, describeFuture(openTime, nowMs));
      state.open += 1;
    } else if (openTime % MINUTE_MS !== 0) {
      state.offMinute.add(floorMinute(openTime));
    } else {
      state.seen.add(readCandle(csv, bounds, layout, { openTime, line: place.line }));
      noteMonth(state, openTime, place);
    }
  }

  #symbolOf(csv: Buffer, bounds: FieldBounds, line: number): string {
    const { symbol: expected, period } = this.#expected;
    const symbol = readSymbol(csv, bounds, this.layout) ?? expected;
    if (symbol === undefined) {
      throw new ArchiveFault('content', 'neither its name nor a column says the symbol: give it with --symbol');
    }
    if (!isSymbol(symbol)) throw invalidLine(line, `its symbol is "${symbol}", expected ${SYMBOL_FORM}`);
    if (period && symbol !== expected) throw invalidLine(line, `its symbol is ${symbol}, expected ${expected}`);
    return symbol;
  }

  #stateOf(symbol: string): SymbolState {
    let state = this.#states.get(symbol);
    if (!state) {
      state = {
        rows: 0,
        otherSource: 0,
        open: 0,
        seen: new SeenMinutes(),
        offMinute: new Set(),
        months: new Map(),
        lastMonth: undefined,
      };
      this.#states.set(symbol, state);
    }
    return state;
  }
}

/** Extends the part of the file in which the month's rows are. */
function noteMonth(state: SymbolState, openTime: Minute, { line, from, to }: LinePlace): void {
  const { lastMonth, months } = state;
  if (lastMonth && lastMonth.from <= openTime && openTime < lastMonth.from + SHORTEST_MONTH_MS) {
    lastMonth.bytes.to = to;
    return;
  }
  const date = new Date(openTime);
  const begin = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  state.lastMonth = months.get(begin);
  if (state.lastMonth) state.lastMonth.bytes.to = to;
  else months.set(begin, (state.lastMonth = { from: begin, bytes: { from, to }, line }));
}

/**
 * Rows without a close time do not say their interval: candles of which none follows another after a minute, and whose
 * distances have a common divisor that is another interval, are refused.
 */
function requireMinuteInterval(minutes: readonly MinuteRange[]): void {
  if (minutes.length < MIN_ROWS_FOR_INTERVAL || minutes.some(({ from, to }) => to - from > MINUTE_MS)) return;
  const distance = minutes.reduce((divisor, { from }) => gcd(divisor, from - minutes[0]!.from), 0);
  if (distance < MIN_OTHER_INTERVAL_MS) return;
  const interval = distance % DAY_MS === 0 ? `${distance / DAY_MS} days` : `${distance / MINUTE_MS} minutes`;
  throw new ArchiveFault('content', `its rows are multiples of ${interval} apart, expected candles of one minute`);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function describeFuture(openTime: number, nowMs: number): string {
  const [opens, now] = [openTime, nowMs].map((timeMs) => new Date(timeMs).toISOString());
  return `its open time is ${opens}, later than the clock, which shows ${now}`;
}
