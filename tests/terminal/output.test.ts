import { createWriteStream, existsSync } from 'node:fs';
import { PassThrough, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { OutputClosedError, print, toOutputStream, writeOut } from '../../src/terminal/output.js';
import { CapturedStream } from '../harness/captured-stream.js';
import { group } from '../harness/group.js';

/** A pipe whose reader has closed it. */
function closedPipe(): Writable {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  return stream.on('error', () => undefined);
}

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

group('writeOut', (test) => {
  test('the promise is fulfilled after the data was taken', async () => {
    const stream = new PassThrough();
    await writeOut(stream, 'result\n');
    assert.is(String(stream.read()), 'result\n');
  });

  test('a closed output ends data with OutputClosedError, and print ignores it', async () => {
    assert.instance(await thrownBy(writeOut(closedPipe(), 'rows')), OutputClosedError);
    await print(closedPipe(), 'table');
  });

  test('a pipeline ends with OutputClosedError, not with a bare EPIPE', async () => {
    const error = await thrownBy(
      pipeline(async function* () {
        yield await Promise.resolve('rows');
      }, toOutputStream(closedPipe())),
    );
    assert.instance(error, OutputClosedError);
  });

  test('the end of the data leaves standard output open', async () => {
    const stdout = new CapturedStream();
    await pipeline(['a', 'b'], toOutputStream(stdout));
    await print(stdout, 'c');
    assert.is(stdout.text, 'abc');
  });

  if (existsSync('/dev/full')) {
    test('a full disk is a failure with ENOSPC', async () => {
      const full = createWriteStream('/dev/full').on('error', () => undefined);
      const error = await thrownBy(print(full, 'table'));
      assert.instance(error, Failure);
      assert.match((error as Failure).message, 'could not be written: ENOSPC');
      assert.is((error as Failure).exitCode, 1);
    });
  } else {
    test.skip('a full disk is a failure with ENOSPC', 'no /dev/full here');
  }
});
