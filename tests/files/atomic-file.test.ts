import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { withAtomicFile, withAtomicFiles } from '../../src/files/atomic-file.js';
import { FORMATS } from '../../src/files/formats.js';
import { group, type GroupTest } from '../harness/group.js';
import { mountSmallDisk, whyNoDisk } from '../harness/small-disk.js';
import { inBatches, makeRows } from './training-rows.js';
import { failureOf } from '../harness/failure-of.js';

function inFolder(name: string, declare: (test: GroupTest<string>) => void): void {
  group<string>(name, declare, {
    setup: () => mkdtempSync(join(tmpdir(), 'atomic-file-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  });
}

/** Root may write anywhere: it steps down to `nobody` for the time of the work. */
async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

inFolder('withAtomicFile', (test) => {
  test('the file holds all that was written; bytes and hash are its own, the result is passed on', async (folder) => {
    const path = join(folder, 'data.csv');
    const written = await withAtomicFile(path, async (sink) => {
      await sink.write('héad\n');
      await sink.write(new Uint8Array([1, 2, 255]));
      return 42;
    });
    const content = readFileSync(path);
    assert.equal([...content], [...Buffer.from('héad\n'), 1, 2, 255]);
    assert.equal(written, { result: 42, bytes: 9, sha256: createHash('sha256').update(content).digest('hex') });
    assert.equal(readdirSync(folder), ['data.csv']);
  });

  test('until it is whole, the old file stands under the name', async (folder) => {
    const path = join(folder, 'kept.csv');
    writeFileSync(path, 'old');
    await withAtomicFile(path, async (sink) => {
      await sink.write('new');
      assert.is(readFileSync(path, 'utf8'), 'old');
      assert.is(readdirSync(folder).filter((name) => name.endsWith('.tmp')).length, 1);
    });
    assert.is(readFileSync(path, 'utf8'), 'new');
  });

  test('a failure leaves the old file and no temporary one, and is passed on as it is', async (folder) => {
    const path = join(folder, 'safe.csv');
    writeFileSync(path, 'old');
    const reason = new Failure('interrupted', 'interrupted');
    const failure = await failureOf(
      withAtomicFile(path, async (sink) => {
        await sink.write('half');
        throw reason;
      }),
    );
    assert.is(failure, reason);
    assert.is(readFileSync(path, 'utf8'), 'old');
    assert.equal(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  test('an export whose rows break off leaves nothing', async (folder) => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    for (const { write } of Object.values(FORMATS)) {
      const broken = inBatches(makeRows(100), 10, new Failure('temporary', 'the database went away'));
      await failureOf(withAtomicFile(join(empty, 'x'), (sink) => write(broken, sink)));
    }
    assert.equal(readdirSync(empty), []);
  });

  test('the mode is 0644 less the umask', async (folder) => {
    const path = join(folder, 'mode.csv');
    const before = process.umask(0o027);
    try {
      await withAtomicFile(path, (sink) => sink.write('x'));
    } finally {
      process.umask(before);
    }
    assert.is(statSync(path).mode & 0o777, 0o640);
  });

  test('a folder that may not be written to is a Failure that says so', async (folder) => {
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    chmodSync(folder, 0o755);
    chmodSync(locked, 0o555);
    const path = join(locked, 'x.csv');
    const failure = await asOrdinaryUser(() => failureOf(withAtomicFile(path, (sink) => sink.write('x'))));
    assert.is(failure.message, `cannot write "${path}": permission was denied`);
    assert.is(failure.code, 'EACCES');
  });

  test('a symbolic link stays one: the file behind it is replaced', async (folder) => {
    const [path, link] = [join(folder, 'real.csv'), join(folder, 'link.csv')];
    writeFileSync(path, 'old');
    symlinkSync(path, link);
    await withAtomicFile(link, (sink) => sink.write('new'));
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.is(readFileSync(path, 'utf8'), 'new');
  });

  const targets: [string, (folder: string) => string, RegExp][] = [
    [
      'in a folder that does not exist',
      (folder) => join(folder, 'none', 'x.csv'),
      /none\/x\.csv": its folder does not exist$/,
    ],
    ['that is a folder', (folder) => folder, /": it is a folder$/],
    ['under a file', (folder) => join(folder, 'file', 'x.csv'), /": a part of its path is not a folder$/],
    ['that is a device', () => '/dev/null', /"\/dev\/null": it is not a regular file$/],
    ['whose name is too long', (folder) => join(folder, 'x'.repeat(300)), /": its name is too long$/],
  ];
  for (const [what, target, message] of targets) {
    test(`a target ${what} is a Failure that names it, before anything is written`, async (folder) => {
      writeFileSync(join(folder, 'file'), '');
      const path = target(folder);
      const wrote: boolean[] = [];
      const failure = await failureOf(withAtomicFile(path, () => Promise.resolve(wrote.push(true))));
      assert.is(failure.kind, 'failed');
      assert.match(failure.message, message);
      assert.ok(failure.message.includes(`"${path}"`));
      assert.ok(failure.hint);
      assert.equal(wrote, []);
      assert.equal(
        readdirSync(folder).filter((name) => name.endsWith('.tmp')),
        [],
      );
      assert.ok(existsSync('/dev/null') && !lstatSync('/dev/null').isFile());
    });
  }
});

group('withAtomicFile on a disk of its own', (test) => {
  const whyNot = whyNoDisk();
  if (whyNot) return test.skip('all of it', whyNot);

  test('a full disk and a read-only one are Failures that say so, and what to do', async () => {
    const disk = mountSmallDisk(1);
    const path = join(disk.path, 'x.csv');
    try {
      disk.fill(8192);
      const full = await failureOf(withAtomicFile(path, (sink) => sink.write('x'.repeat(20_000))));
      assert.is(full.message, `cannot write "${path}": the disk is full`);
      assert.is(full.hint, 'free space on its disk, or name a file on another one');
      assert.equal(disk.names(), []);
      disk.setReadOnly(true);
      const readOnly = await failureOf(withAtomicFile(path, (sink) => sink.write('x')));
      assert.is(readOnly.message, `cannot write "${path}": its file system is read-only`);
      assert.is(readOnly.hint, 'name a file on a disk that can be written to');
    } finally {
      disk.unmount();
    }
  });
});

inFolder('withAtomicFiles', (test) => {
  const contentsOf = (folder: string) =>
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);

  test('no file has its name before all are written; then they take their names in the order of their making', async (folder) => {
    const own = join(folder, 'order');
    mkdirSync(own);
    const result = await withAtomicFiles(async (create) => {
      const first = await create(join(own, 'b.csv'), (sink) => sink.write('1'));
      assert.equal(
        readdirSync(own).filter((name) => !name.endsWith('.tmp')),
        [],
      );
      await create(join(own, 'a.json'), (sink) => sink.write('2'));
      return first.bytes;
    });
    assert.is(result, 1);
    assert.equal(contentsOf(own), [
      ['a.json', '2'],
      ['b.csv', '1'],
    ]);
  });

  test('when one of them fails, none appears and what was there stays', async (folder) => {
    const own = join(folder, 'none');
    mkdirSync(own);
    writeFileSync(join(own, 'train.csv'), 'old');
    const reason = new Failure('temporary', 'the database went away');
    const failure = await failureOf(
      withAtomicFiles(async (create) => {
        await create(join(own, 'train.csv'), (sink) => sink.write('new'));
        await create(join(own, 'test.csv'), () => Promise.reject(reason));
      }),
    );
    assert.is(failure, reason);
    assert.equal(contentsOf(own), [['train.csv', 'old']]);
  });

  test('when one of the targets cannot be written, none appears', async (folder) => {
    const own = join(folder, 'blocked');
    mkdirSync(join(own, 'test.csv'), { recursive: true });
    const failure = await failureOf(
      withAtomicFiles(async (create) => {
        await create(join(own, 'train.csv'), (sink) => sink.write('new'));
        await create(join(own, 'test.csv'), (sink) => sink.write('new'));
      }),
    );
    assert.match(failure.message, /test\.csv": it is a folder$/);
    assert.equal(readdirSync(own), ['test.csv']);
  });
});
