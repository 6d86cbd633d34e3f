import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { Candle } from '../../../src/core/candle.js';
import { DAY_MS, MINUTE_MS } from '../../../src/core/minute.js';
import { parseInstant } from '../../../src/core/parse-time.js';
import { minutesOf, type MinuteRange } from '../../../src/core/range.js';
import { ArchiveFault } from '../../../src/exchange/archive/archive-fault.js';
import { dayFile } from '../../../src/exchange/archive/archive-file.js';
import { readCandles } from '../../../src/exchange/candle-csv/read-candles.js';
import { type CsvExpectations, scanCandleCsv } from '../../../src/exchange/candle-csv/scan-candle-csv.js';
import type { ScannedCsv } from '../../../src/exchange/candle-csv/scanned-csv.js';
import { scanIsoTime } from '../../../src/exchange/candle-csv/scan-iso-time.js';
import { toArchiveCsv } from '../../../src/exchange/replay/archive-responses.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { toCandles } from '../../../src/rows/candle-columns.js';
import { expectError } from '../../harness/expect-failure.js';
import { group } from '../../harness/group.js';
import { memorySource } from '../../loopback/memory-source.js';

const SYMBOL = 'BTCUSDT';
const START = Date.UTC(2024, 11, 31, 22);
const NOW = START + 30 * DAY_MS;
const HEADER = 'timestamp,open,high,low,close,volume';

interface World {
  folder: string;
  write: (text: string | Buffer, name?: string) => string;
}

const hooks = {
  setup: (): World => {
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-csv-'));
    return {
      folder,
      write: (text, name = 'candles.csv') => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      },
    };
  },
  teardown: ({ folder }: World) => rmSync(folder, { recursive: true }),
};

const expected = (more: Partial<CsvExpectations> = {}): CsvExpectations => ({ symbol: SYMBOL, nowMs: NOW, ...more });

async function scan(path: string, more: Partial<CsvExpectations> = {}): Promise<ScannedCsv> {
  const scanned = await scanCandleCsv(path, expected(more));
  if (!scanned) throw new Error('it was not taken for a CSV of candles');
  return scanned;
}

async function faultOf(path: string, more: Partial<CsvExpectations> = {}): Promise<string> {
  const error = await expectError(scanCandleCsv(path, expected(more)));
  if (!(error instanceof ArchiveFault)) throw error;
  assert.is(error.kind, 'content');
  return error.message;
}

/** Every candle that a CSV has of a symbol. */
async function readAll(path: string, scanned: ScannedCsv, symbol = SYMBOL): Promise<Candle[]> {
  const part = scanned.symbols.find((candidate) => candidate.symbol === symbol)!;
  const candles: Candle[] = [];
  for (const month of part.months) {
    const end = new Date(month.from);
    const to = Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1);
    const wanted = part.minutes
      .map(({ from, to: last }): MinuteRange => ({ from: Math.max(from, month.from), to: Math.min(last, to) }))
      .filter((range) => range.to > range.from);
    candles.push(...toCandles(await readCandles(path, scanned, { symbol, month, wanted })));
  }
  return candles;
}

function range(minutes: number, from = START): MinuteRange {
  return { from, to: from + minutes * MINUTE_MS };
}

function iso(openTime: number): string {
  return new Date(openTime).toISOString();
}

function toLine({ openTime, open, high, low, close, volume }: Candle, time: unknown = iso(openTime)): string {
  return [time, open, high, low, close, volume].map(String).join(',');
}

function toCsv(candles: readonly Candle[], time: (openTime: number) => unknown = iso): string {
  return [HEADER, ...candles.map((candle) => toLine(candle, time(candle.openTime)))].join('\n');
}

group<World>(
  'a CSV of candles',
  (test) => {
    const candles = generateCandles(SYMBOL, range(240)); // over the end of a month

    test("Binance's 12 columns and our columns give the candles, in each form of the time", async ({ write }) => {
      const file = dayFile(SYMBOL, START);
      const day = generateCandles(SYMBOL, file.range);
      const archived = write(toArchiveCsv(file, memorySource({ [SYMBOL]: day })));
      assert.equal(await readAll(archived, await scan(archived)), day);
      const forms = [
        iso,
        (time: number) => time,
        (time: number) => time * 1000,
        (time: number) => iso(time).replace('T', ' ').replace('.000Z', '+00'),
        (time: number) => `"${iso(time + 2 * 3_600_000).replace('.000Z', '+02:00')}"`,
      ];
      for (const form of forms) {
        const path = write(toCsv(candles, form));
        assert.equal(await readAll(path, await scan(path)), candles);
      }
    });

    test('the quick reader of UTC times agrees with the general one, and leaves everything else to it', () => {
      const scanned = (text: string) => scanIsoTime(Buffer.from(text), 0, text.length);
      const dates = ['2024-02-28', '1999-12-31', '2025-01-01'];
      const times = ['00:00', '23:59:59', '12:30:00.000', '07:05:09.000000'];
      for (const text of dates.flatMap((date) => times.flatMap((time) => [`${date}T${time}`, `${date} ${time}`]))) {
        for (const zone of ['Z', '+00', '+0000', '+00:00'])
          assert.is(scanned(text + zone), parseInstant(text + zone), text);
        for (const zone of ['', '+01:00', '-00:30', 'z', 'Zx', '+00:00:00', '+'])
          assert.ok(Number.isNaN(scanned(text + zone)), text + zone);
      }
      const others = [
        '2024-13-01T00:00Z',
        '2024-02-30T00:00Z',
        '2024-01-01T24:00Z',
        '2024-01-01T00:60Z',
        '2024-01-01T00:00:00.5Z',
      ];
      for (const text of [...others, '2024-1-1T00:00:00Z', 'yyyy-mm-ddThh:mmZ', '2024-01-01', ''])
        assert.ok(Number.isNaN(scanned(text)), text);
    });

    test('columns stand in any order, among others, with quotes, spaces, a byte order mark and CRLF', async ({
      write,
    }) => {
      const lines = candles.map(({ openTime, open, high, low, close, volume }) =>
        [
          `"a, ""b"""`,
          volume,
          close,
          SYMBOL.toLowerCase(),
          ` ${low}`,
          high,
          `"${open}"`,
          iso(openTime),
          'BINANCE',
        ].join(','),
      );
      const text = `\uFEFFnote,Volume,Close,Symbol,Low,High,Open,Timestamp,source\r\n${lines.join('\r\n\r\n')}\r\n`;
      const path = write(text);
      const scanned = await scan(path, { symbol: undefined });
      assert.equal(
        scanned.symbols.map(({ symbol, rows }) => [symbol, rows]),
        [[SYMBOL, 240]],
      );
      assert.equal(await readAll(path, scanned), candles);
    });

    test('its SHA-256 is that of the file, also of a compressed one', async ({ write }) => {
      const bytes = gzipSync(toCsv(candles));
      const path = write(bytes, 'candles.csv.gz');
      const scanned = await scan(path);
      assert.is(scanned.sha256, createHash('sha256').update(bytes).digest('hex'));
      assert.equal(await readAll(path, scanned), candles);
      const damaged = write(bytes.subarray(0, bytes.length - 20), 'damaged.csv.gz');
      assert.match(await faultOf(damaged), /^it cannot be uncompressed: unexpected end of file/);
    });

    test('rows of several symbols in any order, over several blocks, are told apart', async ({ write }) => {
      const other = generateCandles('ETHUSDT', range(12_000));
      const own = generateCandles(SYMBOL, range(12_000));
      const lines = [
        ...other.map((candle) => `${toLine(candle)},ETHUSDT`).reverse(),
        ...own.map((candle) => `${toLine(candle)},`),
      ];
      const path = write([`${HEADER},symbol`, ...lines].join('\n'));
      const scanned = await scan(path);
      assert.equal(
        scanned.symbols.map(({ symbol, rows, months }) => [symbol, rows, months.length]),
        [
          ['ETHUSDT', 12_000, 2],
          [SYMBOL, 12_000, 2],
        ],
      );
      assert.equal(await readAll(path, scanned, 'ETHUSDT'), other);
      assert.equal(await readAll(path, scanned), own);
    });

    test('numbers with an exponent are read', async ({ write }) => {
      const path = write(`${HEADER}\n${iso(START)},1e-05,1.5E-5,.9e-5,1.2e-05,1e+3\n`);
      assert.equal(await readAll(path, await scan(path)), [
        { openTime: START, open: 1e-5, high: 1.5e-5, low: 9e-6, close: 1.2e-5, volume: 1000 },
      ]);
    });

    test('repeated rows are one, and of rows that differ none is taken', async ({ write }) => {
      const [first, second, third] = candles as [Candle, Candle, Candle];
      const path = write(toCsv([third, first, second, first, { ...second, volume: second.volume + 1 }]));
      const scanned = await scan(path);
      const [part] = scanned.symbols;
      assert.is(part!.rows, 5);
      assert.is(part!.duplicates, 1);
      assert.equal(part!.conflicting, [second.openTime]);
      assert.equal(await readAll(path, scanned), [first, third]);
    });

    test('rows off the minute cost their minutes, and rows of other sources and the open candle are left out', async ({
      write,
    }) => {
      const [first, second, third, fourth] = candles as [Candle, Candle, Candle, Candle];
      const rows = [
        `${toLine({ ...first, volume: first.volume + 1 })},FALLBACK`,
        `${toLine(first)},BINANCE_BACKFILL`,
        `${toLine(second)},`,
        `${toLine(second, iso(second.openTime + 14_789))},binance`,
        `${toLine(third)},BINANCE`,
        `${toLine(fourth)},BINANCE`,
      ];
      const path = write([`${HEADER},source`, ...rows].join('\n'));
      const scanned = await scan(path, { nowMs: fourth.openTime + 30_000 });
      const [part] = scanned.symbols;
      assert.equal([part!.otherSource, part!.offMinute, part!.open], [1, [second.openTime], 1]);
      assert.equal(await readAll(path, scanned), [first, third]);
    });

    test('a file that was changed after it was checked is refused', async ({ write }) => {
      const path = write(toCsv(candles));
      const scanned = await scan(path);
      write(toCsv(candles.map((candle) => ({ ...candle, openTime: candle.openTime + DAY_MS }))));
      const error = await expectError(readAll(path, scanned));
      assert.ok(error instanceof ArchiveFault);
      assert.is(error.message, 'it was changed while it was imported');
    });

    test('a file that is no CSV of candles is not taken for one', async ({ write }) => {
      for (const text of ['time;open;high\n1;2;3\n', 'name,value\na,1\n', '1,2,3\n', 'just a text']) {
        assert.is(await scanCandleCsv(write(text), expected()), undefined);
      }
    });

    const line = toLine(candles[0]!);
    const FAULTS: [reason: RegExp, text: string | Buffer, more?: Partial<CsvExpectations>][] = [
      [/^it is empty$/, ''],
      [/^it has no row$/, `${HEADER}\n`],
      [/^it is in UTF-16, expected UTF-8$/, Buffer.from(`\uFEFF${HEADER}\n`, 'utf16le')],
      [/^its header names "open" twice$/, `${HEADER},Open\n`],
      [/^line 3: it has 5 fields, expected 6$/, `${HEADER}\n${line}\n1,2,3,4,5\n`],
      [
        /^line 2: time "2024-12-31T22:00:00" has no offset; for UTC write "2024-12-31T22:00:00Z"$/,
        `${HEADER}\n2024-12-31T22:00:00,1,1,1,1,1\n`,
      ],
      [/^line 2: time "2024-12-31" was not understood/, `${HEADER}\n2024-12-31,1,1,1,1,1\n`],
      [/^line 2: its open time is "1735682400", expected 13 digits/, `${HEADER}\n1735682400,1,1,1,1,1\n`],
      [
        /^line 2: 2024-12-31T22:00Z: volume was -1, expected at least 0, in "2,2,2,2,-1"$/,
        `${HEADER}\n${iso(START)},2,2,2,2,-1\n`,
      ],
      [/^line 2: .*: close was NaN, expected a number/, `${HEADER}\n${iso(START)},2,2,2,,1\n`],
      [/^line 2: .*: low was 3 and high 4, expected open 2/, `${HEADER}\n${iso(START)},2,4,3,3,1\n`],
      [
        /^line 2: its open time is 2025-01-30T22:01:00.000Z, later than the clock/,
        `${HEADER}\n${iso(NOW + MINUTE_MS)},1,1,1,1,1\n`,
      ],
      [
        /^line 2: its open time is 2024-12-31T22:00:00.000Z, expected one of 2025-01-01T00:00Z/,
        `${HEADER}\n${line}\n`,
        { period: dayFile(SYMBOL, START + DAY_MS).range },
      ],
      [
        /^line 2: its symbol is ETHUSDT, expected BTCUSDT$/,
        `${HEADER},symbol\n${line},ETHUSDT\n`,
        { period: dayFile(SYMBOL, START).range },
      ],
      [/^line 2: its symbol is "BTC\/USDT", expected 1 to 20 letters/, `${HEADER},symbol\n${line},BTC/USDT\n`],
      [
        /^neither its name nor a column says the symbol: give it with --symbol$/,
        `${HEADER}\n${line}\n`,
        { symbol: undefined },
      ],
      [
        /^its rows are multiples of 15 minutes apart, expected candles of one minute$/,
        toCsv(candles.filter((_, i) => i % 15 === 0)),
      ],
      [
        /^line 1: its close time is 300000 ms after its open time, expected 60000$/,
        `${START},1,1,1,1,1,${START + 299_999},1,1,1,1,0\n`,
      ],
      [/^it has a line of more than 65536 bytes$/, `${HEADER}\n${'1'.repeat(70_000)}`],
    ];
    for (const [reason, text, more] of FAULTS) {
      test(`is refused: ${reason.source.slice(0, 70)}`, async ({ write }) =>
        assert.match(await faultOf(write(text), more), reason));
    }

    test('a single minute here and there is no other interval', async ({ write }) => {
      const scattered = [0, 7, 16, 90].map((minute) => candles[minute]!);
      const scanned = await scan(write(toCsv(scattered)));
      assert.equal(
        scanned.symbols[0]!.minutes.flatMap((part) => [...minutesOf(part)]),
        scattered.map(({ openTime }) => openTime),
      );
    });
  },
  hooks,
);
