import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { databases } from '../harness/databases.js';
import { shellGroup, type ShellWorld } from '../harness/shell-world.js';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
/** The files of exports in the working directory, temporary ones included. */
const filesOf = ({ folder }: ShellWorld) => readdirSync(folder).filter((name) => /csv|jsonl|parquet|tmp/.test(name));

shellGroup(
  'a training set from the shell',
  (test) => {
    test('a split, gzipped: each part is listed, and each file matches its manifest', async (shell) => {
      await shell.runJson('migrate');
      assert.is((await shell.runJson('backfill', ...SYMBOLS, '--hours', '10')).exitCode, 0);
      const { exitCode, stdout, stderr } = await shell.run(
        ...['export-training-set', '--all', '--out', 'set.jsonl.gz', '--split', '70/15/15', '--embargo', '30'],
      );
      assert.is(exitCode, 0, stderr);
      assert.equal(filesOf(shell).sort(), [
        'set.jsonl.gz.datapackage.json',
        'set.test.jsonl.gz',
        'set.train.jsonl.gz',
        'set.validation.jsonl.gz',
      ]);
      assert.match(
        stdout,
        /ETHUSDT: left out: 2025-06-01T08:30Z\.\.2025-06-01T09:00Z \(30 min\), embargo before the cut/,
      );
      for (const [part, minutes] of [
        ['train', 390],
        ['validation', 60],
        ['test', 90],
      ] as const) {
        const file = readFileSync(join(shell.folder, `set.${part}.jsonl.gz`));
        const hash = createHash('sha256').update(file).digest('hex');
        assert.match(stdout, new RegExp(`set\\.${part}\\.jsonl\\.gz: ${minutes * 2} rows, ${part} .* sha256 ${hash}`));
        const lines = gunzipSync(file).toString().trimEnd().split('\n');
        assert.is(lines.length, minutes * 2);
      }
    });

    test('--json lists the files, also the only one of a set without a split', async (shell) => {
      const split = await shell.runJson(
        'export-training-set',
        'BTCUSDT',
        '--out',
        'a.parquet',
        '--split',
        '2025-06-01T10:00Z',
      );
      assert.is(split.exitCode, 0);
      const files = split.files as { path: string; part?: string; rows: number; range: { from: string; to: string } }[];
      assert.equal(
        files.map(({ path, part, rows, range }) => [path.replace(shell.folder, ''), part, rows, range.from, range.to]),
        [
          ['/a.train.parquet', 'train', 420, '2025-06-01T02:00:00Z', '2025-06-01T09:00:00Z'],
          ['/a.test.parquet', 'test', 120, '2025-06-01T10:00:00Z', '2025-06-01T12:00:00Z'],
        ],
      );
      const whole = await shell.runJson('export-training-set', 'BTCUSDT', '--out', 'b.csv.gz');
      assert.equal(
        (whole.files as { path: string }[]).map(({ path }) => path),
        [join(shell.folder, 'b.csv.gz')],
      );
    });

    test('a cut outside the window is exit 2 with one message, and no file is written', async (shell) => {
      const before = filesOf(shell);
      const { exitCode, stderr } = await shell.run(
        ...['export-training-set', 'BTCUSDT', '--out', 'c.csv', '--split', '2025-06-01T01:00Z'],
      );
      assert.is(exitCode, 2);
      assert.match(stderr, /^error: the cut at 2025-06-01T01:00Z is not inside 2025-06-01T02:00Z/m);
      assert.is(stderr.match(/^error:/gm)?.length, 1);
      assert.equal(filesOf(shell), before);
    });

    test('a folder with the name of one part prevents all of them from being written', async (shell) => {
      spawnSync('mkdir', [join(shell.folder, 'd.test.csv')]);
      const { exitCode, stderr } = await shell.run(
        ...['export-training-set', 'BTCUSDT', '--out', 'd.csv', '--split', '80/20'],
      );
      assert.is(exitCode, 1);
      assert.match(stderr, /^error: cannot write ".*d\.test\.csv": it is a folder$/m);
      assert.equal(
        filesOf(shell).filter((name) => name.startsWith('d.') || name.endsWith('.tmp')),
        ['d.test.csv'],
      );
    });

    test('piped to standard output, the rows are those of the file', async (shell) => {
      await shell.run('export-training-set', 'BTCUSDT', '--out', 'e.jsonl');
      const { stdout } = await shell.run(
        'export-training-set',
        'BTCUSDT',
        '--out',
        '-',
        '--format',
        'jsonl',
        '--quiet',
      );
      assert.is(stdout, readFileSync(join(shell.folder, 'e.jsonl'), 'utf8'));
    });
  },
  databases().slice(-1),
);
