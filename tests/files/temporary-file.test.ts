import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { tmpdir } from 'node:os';
import * as assert from 'uvu/assert';
import type { Failure } from '../../src/core/failure.js';
import { withAtomicFile, withAtomicFiles } from '../../src/files/atomic-file.js';
import { nameTemporary, type Writer } from '../../src/files/temporary-file.js';
import { group } from '../harness/group.js';

const ME: Writer = { mark: 'here.2.20', isGone: (mark) => mark === 'here.1.10' };
const GONE: Writer = { ...ME, mark: 'here.1.10' };
const OTHER: Writer = { ...ME, mark: 'elsewhere.1.10' };
const TWO_DAYS_S = 2 * 86_400;

/** What a writer that was killed leaves behind. */
function leave(target: string, writer: Writer, ageSeconds = 0): string {
  const path = nameTemporary(target, writer);
  writeFileSync(path, 'half');
  const time = Date.now() / 1000 - ageSeconds;
  utimesSync(path, time, time);
  return path;
}

group<string>(
  'what killed writers leave behind',
  (test) => {
    test('the next writer of a file removes what is left of writers that are gone, and nothing else', async (folder) => {
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

    test('what cannot be removed does not keep a file from being written', async (folder) => {
      const target = join(folder, 'z.csv');
      const path = leave(target, GONE);
      const racing: Writer = {
        mark: ME.mark,
        isGone: () => {
          rmSync(path, { force: true }); // as another writer does in the same moment
          return true;
        },
      };
      await withAtomicFile(target, (sink) => sink.write('whole'), racing);
      assert.ok(existsSync(target));
    });

    test('while files take their names, nothing describes other bytes than those there', async (folder) => {
      const own = mkdtempSync(join(folder, 'own-'));
      const [data, description] = [join(own, 'data'), join(own, 'description')];
      writeFileSync(description, 'old');
      const work = withAtomicFiles(async (create) => {
        for (const path of [data, description]) await create(path, (sink) => sink.write('new'));
        assert.ok(existsSync(description), 'the old one stands until the new ones are on the disk');
        for (const name of readdirSync(own)) if (name.endsWith('.tmp')) rmSync(join(own, name)); // no name can be taken
      });
      assert.is(await work.catch((error: Failure) => error.code), 'ENOENT');
      assert.not.ok(existsSync(description), 'it went before the first name was to be taken');
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-abandoned-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);
