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
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { temporaryPath, withAtomicFile, withAtomicFiles, type WriterIdentity } from '../../src/files/atomic-file.js';
import { FORMATS } from '../../src/files/formats/formats.js';
import { expectFailure } from '../harness/expect-failure.js';
import { group, type GroupTest } from '../harness/group.js';
import { diskSkipReason, mountSmallDisk } from '../harness/small-disk.js';
import { inBatches, makeRows } from './training-rows.js';

function inFolder(name: string, declare: (test: GroupTest<string>) => void): void {
  group<string>(name, declare, {
    setup: () => mkdtempSync(join(tmpdir(), 'atomic-file-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  });
}

/** Root may write anywhere, so it takes the user id of `nobody` during the work. */
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
  test('the file holds all that was written; size, hash and result are returned', async (folder) => {
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

  test('a file that is larger than what is synced at once holds all that was written', async (folder) => {
    const path = join(folder, 'large.csv');
    const part = Buffer.alloc(20 * 1024 * 1024, 'line\n');
    const written = await withAtomicFile(path, async (sink) => {
      for (let i = 0; i < 4; i += 1) await sink.write(part);
    });
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    assert.equal([written.bytes, written.sha256], [4 * part.length, sha256]);
    rmSync(path);
  });

  test('until it is complete, the old file keeps the name', async (folder) => {
    const path = join(folder, 'kept.csv');
    writeFileSync(path, 'old');
    await withAtomicFile(path, async (sink) => {
      await sink.write('new');
      assert.is(readFileSync(path, 'utf8'), 'old');
      assert.is(readdirSync(folder).filter((name) => name.endsWith('.tmp')).length, 1);
    });
    assert.is(readFileSync(path, 'utf8'), 'new');
  });

  test('a failure leaves the old file and no temporary one, and is thrown unchanged', async (folder) => {
    const path = join(folder, 'safe.csv');
    writeFileSync(path, 'old');
    const reason = new Failure('interrupted', 'interrupted');
    const failure = await expectFailure(
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

  test('an export whose rows fail leaves no file', async (folder) => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    for (const { load } of Object.values(FORMATS)) {
      const { write } = await load();
      const broken = inBatches(makeRows(100), 10, new Failure('temporary', 'the database went away'));
      await expectFailure(withAtomicFile(join(empty, 'x'), (sink) => write(broken, sink)));
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

  test('a folder without write permission gives a Failure with that reason', async (folder) => {
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    chmodSync(folder, 0o755);
    chmodSync(locked, 0o555);
    const path = join(locked, 'x.csv');
    const failure = await asOrdinaryUser(() => expectFailure(withAtomicFile(path, (sink) => sink.write('x'))));
    assert.is(failure.message, `cannot write "${path}": permission was denied`);
    assert.is(failure.code, 'EACCES');
  });

  test('a symbolic link stays one: its target is replaced', async (folder) => {
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
      const failure = await expectFailure(withAtomicFile(path, () => Promise.resolve(wrote.push(true))));
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
  const whyNot = diskSkipReason();
  if (whyNot) return test.skip('all of it', whyNot);

  test('a full disk and a read-only one give Failures with that reason and a hint', async () => {
    const disk = mountSmallDisk(1);
    const path = join(disk.path, 'x.csv');
    try {
      disk.fill(8192);
      const full = await expectFailure(withAtomicFile(path, (sink) => sink.write('x'.repeat(20_000))));
      assert.is(full.message, `cannot write "${path}": the disk is full`);
      assert.is(full.hint, 'free space on its disk, or name a file on another one');
      assert.equal(disk.listFiles(), []);
      disk.setReadOnly(true);
      const readOnly = await expectFailure(withAtomicFile(path, (sink) => sink.write('x')));
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

  test('no file is renamed before all are written; then they are renamed in the order of their creation', async (folder) => {
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

  test('when one of them fails, none appears and existing files stay', async (folder) => {
    const own = join(folder, 'none');
    mkdirSync(own);
    writeFileSync(join(own, 'train.csv'), 'old');
    const reason = new Failure('temporary', 'the database went away');
    const failure = await expectFailure(
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
    const failure = await expectFailure(
      withAtomicFiles(async (create) => {
        await create(join(own, 'train.csv'), (sink) => sink.write('new'));
        await create(join(own, 'test.csv'), (sink) => sink.write('new'));
      }),
    );
    assert.match(failure.message, /test\.csv": it is a folder$/);
    assert.equal(readdirSync(own), ['test.csv']);
  });
});

const ME: WriterIdentity = { id: 'here.2.20', hasEnded: (id) => id === 'here.1.10' };
const GONE: WriterIdentity = { ...ME, id: 'here.1.10' };
const OTHER: WriterIdentity = { ...ME, id: 'elsewhere.1.10' };
const TWO_DAYS_S = 2 * 86_400;

/** A temporary file as a killed writer leaves it. */
function leave(target: string, writer: WriterIdentity, ageSeconds = 0): string {
  const path = temporaryPath(target, writer);
  writeFileSync(path, 'half');
  const time = Date.now() / 1000 - ageSeconds;
  utimesSync(path, time, time);
  return path;
}

group<string>(
  'temporary files of killed writers',
  (test) => {
    test('the next writer of a file removes those of ended writers, and nothing else', async (folder) => {
      const target = join(folder, `${'x'.repeat(240)}.csv`);
      const abandoned = [leave(target, GONE), leave(target, GONE), leave(target, OTHER, TWO_DAYS_S)];
      const kept = [leave(target, ME), leave(target, OTHER), leave(join(folder, 'y.csv'), GONE)];
      for (const name of ['.chartctl-notes.tmp', basename(kept[0]!).replace('.tmp', '.txt')]) {
        kept.push(join(folder, name));
        writeFileSync(kept.at(-1)!, '');
      }
      await withAtomicFile(target, (sink) => sink.write('whole'), ME);
      assert.equal(abandoned.filter(existsSync), []);
      assert.equal(readdirSync(folder).sort(), [...kept, target].map((path) => basename(path)).sort());
    });

    test('a temporary file that cannot be removed is skipped', async (folder) => {
      const target = join(folder, 'z.csv');
      const path = leave(target, GONE);
      const racing: WriterIdentity = {
        id: ME.id,
        hasEnded: () => {
          rmSync(path, { force: true }); // as another writer does in the same moment
          return true;
        },
      };
      await withAtomicFile(target, (sink) => sink.write('whole'), racing);
      assert.ok(existsSync(target));
    });

    test('during the renaming, no description mismatches the files', async (folder) => {
      const own = mkdtempSync(join(folder, 'own-'));
      const [data, description] = [join(own, 'data'), join(own, 'description')];
      writeFileSync(description, 'old');
      const work = withAtomicFiles(async (create) => {
        for (const path of [data, description]) await create(path, (sink) => sink.write('new'));
        assert.ok(existsSync(description), 'the old one exists until the new ones are on the disk');
        for (const name of readdirSync(own)) if (name.endsWith('.tmp')) rmSync(join(own, name)); // no name can be taken
      });
      assert.is(await work.catch((error: Failure) => error.code), 'ENOENT');
      assert.not.ok(existsSync(description), 'it was removed before the first renaming');
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-abandoned-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);
