import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { csv } from '../../src/files/formats/csv.js';
import { jsonl } from '../../src/files/formats/jsonl.js';
import { toStreamSink } from '../../src/files/sink.js';
import { group } from '../harness/group.js';
import { inBatches, makeRows, memorySink } from './training-rows.js';

group('toStreamSink', (test) => {
  test('writes the same bytes as a file gets, and leaves the stream open', async () => {
    const [stream, sink] = [new PassThrough({ highWaterMark: 100 }), memorySink()];
    const received = text(stream);
    await csv.write(inBatches(makeRows(50), 7), toStreamSink(stream));
    assert.ok(stream.writable);
    stream.end();
    await csv.write(inBatches(makeRows(50), 7), sink);
    assert.is(await received, sink.bytes().toString());
  });

  test('does not run ahead of a slow reader', async () => {
    let waiting = 0;
    let most = 0;
    const slow = new Writable({
      write: (_chunk, _encoding, done) => {
        waiting += 1;
        most = Math.max(most, waiting);
        setTimeout(() => {
          waiting -= 1;
          done();
        }, 1);
      },
    });
    await jsonl.write(inBatches(makeRows(20), 1), toStreamSink(slow));
    assert.is(most, 1);
    assert.is(slow.writableLength, 0);
  });

  test('a closed reader ends the export with the error of the stream', async () => {
    const gone = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    gone.on('error', () => undefined);
    const ended = await csv.write(inBatches(makeRows(5), 1), toStreamSink(gone)).catch((error: unknown) => error);
    assert.is((ended as Error).message, 'EPIPE');
  });
});
