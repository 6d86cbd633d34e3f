import * as assert from 'uvu/assert';
import { DAY_MS, formatMinute, MINUTE_MS } from '../../../src/core/minute.js';
import { ArchiveFault } from '../../../src/exchange/archive/archive-fault.js';
import { parseFileName } from '../../../src/exchange/archive/archive-file.js';
import { type ArchiveCandles, parseArchiveCsv } from '../../../src/exchange/archive/parse-archive-csv.js';
import { readZip } from '../../../src/exchange/archive/read-zip.js';
import { toCandles } from '../../../src/rows/candle-columns.js';
import { readFixtureBytes, readFixtureCandles } from '../../harness/fixtures.js';
import { group } from '../../harness/group.js';

const FROM = Date.UTC(2024, 11, 31);
const DAY = { from: FROM, to: FROM + DAY_MS };

interface Row {
  openTime: number | string;
  closeTime?: number | string;
  numbers?: string;
}

/** A row of the CSV; minute 0 is the first of the day. */
function row(minute: number, numbers = '1.5,2.5,1.25,2,10', offsetMs = 0): string {
  const openTime = FROM + minute * MINUTE_MS + offsetMs;
  return line({ openTime, numbers });
}

function line({ openTime, closeTime, numbers = '1.5,2.5,1.25,2,10' }: Row): string {
  return `${openTime},${numbers},${closeTime ?? Number(openTime) + 59_999},20,3,5,10,0`;
}

function parse(...lines: string[]) {
  return toRecords(parseArchiveCsv(Buffer.from(lines.map((text) => `${text}\n`).join('')), DAY));
}

/** The content with candles as records. */
function toRecords({ candles, ...others }: ArchiveCandles) {
  return { ...others, candles: toCandles(candles) };
}

function faultOf(...lines: string[]): string {
  try {
    parse(...lines);
  } catch (error) {
    if (error instanceof ArchiveFault && error.kind === 'content') return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

async function parseFixture(name: string) {
  const { range } = parseFileName(`${name}.zip`)!;
  const { content } = await readZip(readFixtureBytes(`archive/${name}.zip`), `${name}.csv`);
  return toRecords(parseArchiveCsv(content, range));
}

group('parseArchiveCsv', (test) => {
  test('reads rows in milliseconds and in microseconds, decided row by row', () => {
    const micros = line({ openTime: (FROM + MINUTE_MS) * 1000, closeTime: (FROM + 2 * MINUTE_MS) * 1000 - 1 });
    const { candles, rows, duplicates, offMinute, conflicting } = parse(row(0), micros);
    const numbers = { open: 1.5, high: 2.5, low: 1.25, close: 2, volume: 10 };
    assert.equal(candles, [
      { openTime: FROM, ...numbers },
      { openTime: FROM + MINUTE_MS, ...numbers },
    ]);
    assert.equal(
      { rows, duplicates, offMinute, conflicting },
      { rows: 2, duplicates: 0, offMinute: [], conflicting: [] },
    );
  });

  test('a genuine day of 2026 in microseconds has its 1,440 candles', async () => {
    const { candles } = await parseFixture('BTCUSDT-1m-2026-01-14');
    assert.is(candles.length, 1440);
    assert.is(formatMinute(candles[0]!.openTime), '2026-01-14T00:00Z');
    assert.is(formatMinute(candles.at(-1)!.openTime), '2026-01-14T23:59Z');
    assert.equal([candles[0]!.open, candles[0]!.volume], [95413.99, 18.27644]);
  });

  test("the day of an outage has 1,360 candles, the same as Binance's API", async () => {
    const { candles } = await parseFixture('BTCUSDT-1m-2023-03-24');
    assert.is(candles.length, 1360);
    const inDay = readFixtureCandles('outage-2023-03-24/BTCUSDT-1m-binance.csv.br').filter(
      ({ openTime }) => openTime >= candles[0]!.openTime && openTime <= candles.at(-1)!.openTime,
    );
    assert.equal(candles, inDay);
  });

  test('a header, carriage returns and a missing last newline are tolerated', () => {
    const text = `open_time,open,high,low,close,volume,close_time,a,b,c,d,e\r\n${row(0)}\r\n${row(1)}`;
    assert.is(parseArchiveCsv(Buffer.from(text), DAY).candles.length, 2);
    assert.is(parseArchiveCsv(Buffer.from('open_time,open'), DAY).rows, 0);
    assert.is(parseArchiveCsv(Buffer.alloc(0), DAY).rows, 0);
  });

  test('identical rows are one, and counted', () => {
    const { candles, duplicates, rows } = parse(row(0), row(1), row(0), row(1), row(0));
    assert.equal([candles.length, duplicates, rows], [2, 3, 5]);
  });

  test('of rows of one minute that differ none is taken', () => {
    const { candles, conflicting } = parse(row(0), row(1), row(1, '1.5,2.5,1.25,2,11'), row(2), row(1));
    assert.equal(conflicting, [FROM + MINUTE_MS]);
    assert.equal(
      candles.map(({ openTime }) => (openTime - FROM) / MINUTE_MS),
      [0, 2],
    );
  });

  test('rows out of order are sorted', () => {
    const { candles } = parse(row(2), row(0), row(1));
    assert.equal(
      candles.map(({ openTime }) => (openTime - FROM) / MINUTE_MS),
      [0, 1, 2],
    );
  });

  test('klines off the minute and the kline that one cuts short cost their minutes', () => {
    const { candles, offMinute } = parse(
      row(0),
      row(1),
      row(1, '1,1,1,1,1', 20_799),
      row(2, '1,1,1,1,1', 20_799),
      row(4),
    );
    assert.equal(
      candles.map(({ openTime }) => (openTime - FROM) / MINUTE_MS),
      [0, 4],
    );
    assert.equal(
      offMinute.map((minute) => (minute - FROM) / MINUTE_MS),
      [1, 2],
    );
  });

  test('a close time within the minute is what an outage leaves', () => {
    const closeTime = FROM + 41_646;
    assert.is(parse(line({ openTime: FROM, closeTime })).candles.length, 1);
  });

  test('what no candle of the period can be makes the file invalid', () => {
    const cases: [text: string, message: RegExp][] = [
      [row(1).replace(',0', ''), /^line 2: it has 11 fields, expected 12$/],
      [`${row(1)},`, /^line 2: it has 13 fields, expected 12$/],
      [
        row(1, '1.5,2.5,1.25,2,-184467440737.09551616'),
        /^line 2: 2024-12-31T00:01Z: volume was -184467440737.\d+, expected at least 0, in /,
      ],
      [row(1, '0,2.5,1.25,2,10'), /open was 0, expected more than 0/],
      [row(1, 'NaN,2.5,1.25,2,10'), /open was NaN, expected a number/],
      [row(1, '1.5,1e400,1.25,2,10'), /high was NaN, expected a number/],
      [row(1, '1.5,2.5,1.75,2,10'), /low was 1.75 and high 2.5, expected open 1.5 and close 2 between them/],
      [row(1440), /^line 2: its open time is 2025-01-01T00:00:00.000Z, expected one of /],
      [row(-1), /^line 2: its open time is 2024-12-30T23:59:00.000Z, expected one of /],
      [line({ openTime: `${FROM / 1000}` }), /^line 2: its open time is "\d{10}", expected 13 digits/],
      [line({ openTime: `${FROM}000000`, closeTime: `${FROM + 59_999}000000` }), /^line 2: its open time is "\d{19}"/],
      [line({ openTime: `${FROM}001`, closeTime: `${FROM + 59_999}999` }), /^line 2: its open time is "\d{16}"/],
      [
        line({ openTime: FROM + MINUTE_MS, closeTime: FROM + 6 * MINUTE_MS - 1 }),
        /300000 ms after its open time, expected 60000$/,
      ],
      [
        line({ openTime: FROM + MINUTE_MS, closeTime: FROM + MINUTE_MS + 999 }),
        /1000 ms after its open time, expected 60000$/,
      ],
      [line({ openTime: FROM + MINUTE_MS, closeTime: FROM + MINUTE_MS }), /1 ms after its open time, expected 60000$/],
    ];
    for (const [text, message] of cases) assert.match(faultOf(row(0), text), message);
  });
});
