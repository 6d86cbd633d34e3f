import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { BINARY_HEADER, BINARY_TRAILER, BinaryReader } from '../../../src/database/format/binary-format.js';
import { rowAt } from '../../../src/rows/row-block.js';
import { BlockDecoder } from '../../../src/tables/rolling-chart-data/block-encoding.js';
import { createCandleBlock } from '../../harness/candle-block.js';
import { group } from '../../harness/group.js';
import { encodeRow } from '../../harness/wire-format.js';

const BLOCK = createCandleBlock(
  [0, 1].map((i) => ({ openTime: i * MINUTE_MS, open: 2, high: 3, low: 1, close: 2, volume: 5 })),
);
const [FIRST, SECOND] = [Buffer.concat([BINARY_HEADER, encodeRow(BLOCK, 0)]), encodeRow(BLOCK, 1)];
/** The rows as they arrive, one after the other. */
const ARRIVED = Buffer.concat([FIRST, SECOND, BINARY_TRAILER]);

/** Decodes messages that end at these offsets. */
function decode(ends: readonly number[]): BlockDecoder['block'] {
  const reader = new BinaryReader();
  const decoder = new BlockDecoder(1);
  for (const [i, end] of ends.entries()) {
    if (reader.startRow(ARRIVED, ends[i - 1] ?? 0, end)) decoder.add(reader);
  }
  return decoder.block;
}

group("COPY's binary format", (test) => {
  test('rows are read unchanged, up to the trailer', () => {
    const whole = FIRST.length + SECOND.length;
    const found = decode([FIRST.length, whole, ARRIVED.length]);
    assert.is(found.length, 2);
    for (const at of [0, 1]) assert.equal(rowAt(found, at), rowAt(BLOCK, at));
  });

  test('a truncated row is refused, whatever bytes follow it', () => {
    for (let end = 0; end < FIRST.length; end += 1) {
      assert.throws(
        () => decode([end]),
        (error: unknown) => error instanceof Failure && error.message.startsWith('the database answered COPY with'),
        `the row ended at byte ${end}`,
      );
    }
  });

  test('a field whose length does not fit its type is refused', () => {
    const reader = new BinaryReader();
    const bytes = Buffer.from(FIRST);
    bytes.writeInt32BE(7, BINARY_HEADER.length + 2); // the length of the time
    assert.ok(reader.startRow(bytes, 0, bytes.length));
    assert.throws(() => reader.readMinute(), /7 bytes, expected 8/);
  });
});
