import fc from 'fast-check';
import { CANDLE_FIELDS } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { BINARY_HEADER, BINARY_TRAILER, BinaryReader } from '../../../src/database/format/binary-format.js';
import {
  parseArrayLiteral,
  type ParsedArray,
  parseTimestampText,
  toArrayLiteral,
  toTimestampText,
} from '../../../src/database/format/text-format.js';
import { INDICATOR_COLUMNS } from '../../../src/indicators/indicators.js';
import { createBlock, type RowBlock } from '../../../src/rows/row-block.js';
import { BlockDecoder } from '../../../src/tables/rolling-chart-data/block-encoding.js';
import { group } from '../../harness/group.js';
import { mutatedBytes, mutatedText } from '../../harness/mutations.js';
import { Properties } from '../../harness/property.js';
import { effort } from '../../harness/trial.js';
import { encodeRow } from '../../harness/wire-format.js';

const RUNS = effort(400, 100_000);
const TIMEOUT = { timeoutMs: effort(60_000, 3_600_000) };

const item = fc.option(fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('', 'NULL', '}', '\\"')));
const arrays = fc.oneof(fc.array(item), fc.array(fc.array(item, { minLength: 1 }), { minLength: 1 }));
const number = fc.oneof(fc.double(), fc.constantFrom(NaN, -0, Infinity, 5e-324));

/** A row with random numbers and a time that the database can hold. */
const rows = fc
  .record({
    minute: fc.integer({ min: -(10 ** 6), max: 10 ** 9 }),
    written: fc.option(fc.integer({ min: -(10 ** 13), max: 10 ** 14 }), { nil: NaN }),
    numbers: fc.array(number, { minLength: 18, maxLength: 18 }),
    marks: fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 1 }), fc.nat({ max: 1 })),
  })
  .map(({ minute, written, numbers, marks }) => {
    const block = createBlock(1);
    block.openTime[0] = minute * MINUTE_MS;
    block.writtenAt[0] = written;
    [...CANDLE_FIELDS, ...INDICATOR_COLUMNS].forEach((name, i) => (block[name][0] = numbers[i]!));
    [block.source[0], block.hasMissingData[0], block.isComplete[0]] = marks;
    return block;
  });

/** Messages of the server, each of them damaged or not. */
const messages = fc.tuple(rows, rows).chain(([first, second]) =>
  fc.tuple(
    ...[Buffer.concat([BINARY_HEADER, encodeRow(first, 0)]), encodeRow(second, 0), BINARY_TRAILER].map((whole) => {
      const bytes = fc.constant(new Uint8Array(whole));
      return fc.oneof(
        bytes.map((right) => Buffer.from(right)),
        mutatedBytes(bytes),
      );
    }),
  ),
);

/** Decodes messages that stand between other bytes. */
function decode(received: readonly Buffer[]): RowBlock {
  const [reader, decoder] = [new BinaryReader(), new BlockDecoder(1)];
  for (const message of received) {
    const bytes = Buffer.concat([Buffer.alloc(5, 1), message, Buffer.alloc(9)]);
    if (reader.startRow(bytes, 5, 5 + message.length)) decoder.add(reader);
  }
  return decoder.block;
}

/** Checks that every row is on a minute, has valid flags, and survives encoding and decoding. */
function findWrongBlock(block: RowBlock): string | undefined {
  for (let at = 0; at < block.length; at += 1) {
    const marks = [block.hasMissingData[at]!, block.isComplete[at]!];
    const isRight = block.openTime[at]! % MINUTE_MS === 0 && block.source[at]! < 3 && marks.every((mark) => mark < 2);
    const bytes = encodeRow(block, at);
    const again = decode([Buffer.concat([BINARY_HEADER, bytes])]);
    // from the year 2285 on microseconds exceed the safe integers
    if (Math.abs(again.writtenAt[0]! - block.writtenAt[at]!) <= 1) again.writtenAt[0] = block.writtenAt[at]!;
    if (!isRight || !encodeRow(again, 0).equals(bytes)) return `row ${at}: ${bytes.toString('hex')}`;
  }
  return undefined;
}

const years = fc.date({ min: new Date(Date.UTC(-4000, 0)), max: new Date(Date.UTC(200_000, 0)), noInvalidDate: true });
/** A time as the server prints it in UTC. */
function printTime(time: Date): string {
  return toTimestampText(time).replace('T', ' ').replace('Z', '+00');
}

group("the database's answers", (test) => {
  const properties = new Properties({ fault: 'random and damaged answers of a database', unit: 'inputs' });

  test(
    'an array is parsed as it was printed, and other texts are refused',
    () => {
      properties.checkNow('arrays', RUNS, arrays, (array) => {
        const found: ParsedArray<string> = parseArrayLiteral(toArrayLiteral(array), String);
        if (JSON.stringify(found) !== JSON.stringify(array)) throw new Error(`read ${JSON.stringify(found)}`);
      });
      properties.fuzz('damaged arrays', RUNS, {
        inputs: mutatedText(fc.oneof(arrays, fc.array(fc.integer())).map(toArrayLiteral)),
        parse: (text) => parseArrayLiteral(text, String),
        findWrong: (found, text) => {
          const printed = toArrayLiteral(found);
          const isSame = JSON.stringify(parseArrayLiteral(printed, String)) === JSON.stringify(found);
          // nothing was skipped: apart from bounds and escapes the text is no longer than the printed items
          const extra = (/^\[[^{]*/.exec(text)?.[0].length ?? 0) + text.split('\\').length;
          return isSame && text.length - extra <= printed.length && text.endsWith('}') ? undefined : printed;
        },
      });
    },
    TIMEOUT,
  );

  test(
    "rows in COPY's binary format are the ones that were sent, or a refusal",
    () => {
      properties.fuzz('binary rows', RUNS, { inputs: messages, parse: decode, findWrong: findWrongBlock });
      properties.fuzz('binary noise', RUNS, {
        inputs: fc
          .uint8Array({ maxLength: 60 })
          .map((noise) => [Buffer.concat([BINARY_HEADER, noise]), Buffer.from(noise)]),
        parse: decode,
        findWrong: findWrongBlock,
      });
    },
    TIMEOUT,
  );

  test(
    'a printed time is parsed unchanged, any other text gives a valid time or a refusal',
    () => {
      properties.checkNow('printed times', RUNS, years, (time) => {
        const found = parseTimestampText(printTime(time)).getTime();
        if (found !== time.getTime()) throw new Error(`"${printTime(time)}" was read as ${found}`);
      });
      const endless = fc.constantFrom('infinity', '-infinity', '294276-12-31 23:59:59.999999+00');
      properties.fuzz('damaged times', RUNS, {
        inputs: mutatedText(fc.oneof(years.map(printTime), endless)),
        parse: parseTimestampText,
        findWrong: (time) => (Number.isNaN(time.getTime()) ? 'no time' : undefined),
      });
    },
    TIMEOUT,
  );

  test('all were tried', () => properties.conclude());
});
