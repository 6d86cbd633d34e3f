import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { csv } from '../../src/files/formats/csv.js';
import { jsonl } from '../../src/files/formats/jsonl.js';
import { withGzip } from '../../src/files/gzip.js';
import type { Sink } from '../../src/files/sink.js';
import { group } from '../harness/group.js';
import { inBatches, makeRows, memorySink } from './training-rows.js';

const ROWS = makeRows(2_000);

async function compress(batchSize: number, rows = ROWS): Promise<Buffer> {
  const sink = memorySink();
  await withGzip(sink, (inner) => jsonl.write(inBatches(rows, batchSize), inner));
  return sink.bytes();
}

/** Text that hardly compresses: zlib emits a chunk for every one that it reads. */
function noise(length: number): Buffer {
  let state = 1;
  return Buffer.from(Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) & 255));
}

async function endOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'it went well',
    (error: unknown) => error,
  );
}

group('throughGzip', (test) => {
  test('the output is one gzip file of the input; size and hash of the input are returned', async () => {
    const plain = memorySink();
    await jsonl.write(inBatches(ROWS, 64), plain);
    const sink = memorySink();
    const { result, content } = await withGzip(sink, (inner) => jsonl.write(inBatches(ROWS, 64), inner));
    assert.ok(gunzipSync(sink.bytes()).equals(plain.bytes()));
    assert.is(result, 2_000);
    assert.is(content.bytes, plain.bytes().length);
    assert.ok(sink.bytes().length < content.bytes / 3);
  });

  test('the same rows give the same bytes, however they are batched', async () => {
    const first = await compress(64);
    assert.ok(first.equals(await compress(64)));
    assert.ok(first.equals(await compress(1_000)));
    assert.not(first.equals(await compress(64, makeRows(1_999))));
  });

  test('the header names no time, no file and no operating system', async () => {
    const [magic, second, method, flags, ...rest] = (await compress(64)).subarray(0, 10);
    assert.equal([magic, second, method, flags], [0x1f, 0x8b, 8, 0]);
    assert.equal(rest.slice(0, 4), [0, 0, 0, 0], 'the time');
    assert.is(rest[5], 255, 'the system');
  });

  if (spawnSync('gzip', ['--version']).status === 0) {
    test('gzip finds it intact', async () => {
      const { status, stderr } = spawnSync('gzip', ['--test'], { input: await compress(64) });
      assert.is(status, 0, stderr.toString());
    });
  } else test.skip('gzip finds it intact', 'there is no gzip');

  test('empty input gives a gzip file too', async () => {
    const sink = memorySink();
    await withGzip(sink, () => Promise.resolve());
    assert.is(gunzipSync(sink.bytes()).length, 0);
  });

  test('a chunk may be reused as soon as its write has settled', async () => {
    const sink = memorySink();
    const chunk = Buffer.alloc(100_000);
    await withGzip(sink, async (inner) => {
      for (let i = 0; i < 20; i += 1) {
        chunk.fill(i);
        await inner.write(chunk);
      }
    });
    const found = gunzipSync(sink.bytes());
    for (let i = 0; i < 20; i += 1) assert.is(found[i * 100_000 + 99_999], i);
  });

  test('never runs far ahead of a slow sink', async () => {
    const data = noise(64_000);
    let [taken, given, furthest] = [0, 0, 0];
    const slow: Sink = {
      write: async (chunk) => {
        await sleep(1);
        taken += chunk.length;
      },
    };
    await withGzip(slow, async (inner) => {
      for (let i = 0; i < 60; i += 1) {
        await inner.write(data);
        given += data.length;
        furthest = Math.max(furthest, given - taken);
      }
    });
    assert.ok(furthest < 600_000, `${furthest} bytes of ${given} were on their way`);
  });

  test('an error of the sink ends the writing with that error, even while a write is pending', async () => {
    const refusal = new Error('no space is left');
    const data = noise(200_000);
    let writes = 0;
    let isOver = false;
    const ended = await endOf(
      withGzip({ write: () => Promise.reject(refusal) }, async (inner) => {
        try {
          for (; writes < 1_000; writes += 1) await inner.write(data);
        } finally {
          isOver = true;
        }
      }),
    );
    assert.is(ended, refusal);
    assert.ok(isOver, 'the writer was left waiting');
    assert.ok(writes < 1_000);
  });

  test('an error of the rows ends it with that error, and the sink gets nothing more', async () => {
    const gone = new Error('the connection is gone');
    const sink = memorySink();
    const broken = inBatches(ROWS, 100, gone);
    assert.is(await endOf(withGzip(sink, (inner) => csv.write(broken, inner))), gone);
    const chunks = sink.chunks.length;
    await sleep(20);
    assert.is(sink.chunks.length, chunks);
  });
});
