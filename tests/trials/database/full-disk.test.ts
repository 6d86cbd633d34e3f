import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProcessResult, runInProcess } from '../../commands/run-in-process.js';
import { databases } from '../../harness/databases.js';
import type { GroupTest } from '../../harness/group.js';
import { createRandom } from '../../harness/random.js';
import { shellGroup, type ShellWorld } from '../../harness/shell-world.js';
import { diskSkipReason, mountSmallDisk, type SmallDisk } from '../../harness/small-disk.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';

const DISK_MB = 8;
const TIME = { timeoutMs: effort(120_000, 1_800_000) };
const RANGE = ['--from', '2025-05-30T12:00Z', '--to', '2025-06-01T12:00Z'];
const EARLIER = ['--from', '2025-05-31T12:00Z', '--to', '2025-06-01T11:00Z'];

/** A command that writes files, and its exit code when it cannot. */
interface FileCommand {
  words: readonly string[];
  /** The command that creates older files of the same names. */
  before: readonly string[];
  name: string;
  failsWith: number;
}

const exportCommand = (name: string, ...more: string[]): FileCommand => ({
  words: ['export-training-set', 'BTCUSDT', ...RANGE, ...more, '--out'],
  before: ['export-training-set', 'BTCUSDT', ...EARLIER, ...more, '--out'],
  name,
  failsWith: 1,
});

const FILE_COMMANDS: readonly FileCommand[] = [
  exportCommand('set.csv'),
  exportCommand('set.parquet'),
  exportCommand('set.csv.gz'),
  exportCommand('split.jsonl', '--split', '80/20'),
  {
    words: ['report', 'BTCUSDT', ...RANGE, '--out'],
    before: ['report', 'BTCUSDT', ...EARLIER, '--out'],
    name: 'page.html',
    failsWith: 1,
  },
  // the command did its work: a metrics file that cannot be written is only a notice
  {
    words: ['status', 'BTCUSDT', 'ETHUSDT', '--metrics-file'],
    before: ['status', 'BTCUSDT', '--metrics-file'],
    name: 'chartctl.prom',
    failsWith: 0,
  },
];

const SERVER = databases().filter(({ name }) => name === 'PostgreSQL');
const whyNot = diskSkipReason();

shellGroup(
  'a target that cannot be written',
  (test) => {
    if (whyNot) return test.skip('all of it', whyNot);
    declare(test);
  },
  SERVER,
);

function declare(test: GroupTest<ShellWorld>): void {
  test(
    'on a full disk existing files stay, and with free space the repeat writes them',
    async (world) => {
      const random = createRandom(RUN_SEED, 'full disk');
      await migrateAndFill(world);
      const losses = await onEach(effort(1, 12), (disk, writing) =>
        tryUnwritable(world, disk, writing, {
          says: /the disk is full/,
          hint: /free space/,
          apply: (bytes) => disk.fill(random.integerBelow(bytes)),
          remove: disk.freeSpace,
        }),
      );
      const fault = 'disk full at any byte of an export, a page or a metrics file';
      concludeTrial({ fault, tried: FILE_COMMANDS.length * effort(1, 12), unit: 'disks', losses, seed: RUN_SEED });
    },
    TIME,
  );

  test(
    'on a read-only disk existing files stay',
    async (world) => {
      await migrateAndFill(world);
      const losses = await onEach(1, (disk, writing) =>
        tryUnwritable(world, disk, writing, {
          says: /its file system is read-only/,
          hint: /a disk that can be written to/,
          apply: () => disk.setReadOnly(true),
          remove: () => disk.setReadOnly(false),
        }),
      );
      const fault = 'target of an export, a page or a metrics file on a read-only disk';
      concludeTrial({ fault, tried: FILE_COMMANDS.length, unit: 'disks', losses });
    },
    TIME,
  );
}

async function migrateAndFill(world: ShellWorld): Promise<void> {
  if ((await world.run('migrate')).exitCode !== 0) throw new Error('migrate failed');
  const { exitCode, stderr } = await type(world, 'backfill', 'BTCUSDT', 'ETHUSDT', '--days', '2');
  if (exitCode !== 0) throw new Error(stderr);
}

async function onEach(
  rounds: number,
  attempt: (disk: SmallDisk, writing: FileCommand) => Promise<string[]>,
): Promise<string[]> {
  const losses: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const writing of FILE_COMMANDS) {
      const disk = mountSmallDisk(DISK_MB);
      try {
        losses.push(...(await attempt(disk, writing)).map((loss) => `${writing.name}: ${loss}`));
      } finally {
        disk.unmount();
      }
    }
  }
  return losses;
}

/** A fault of a disk, and the expected message. */
interface DiskFault {
  says: RegExp;
  hint: RegExp;
  /** @param bytes the number of bytes that an undisturbed run writes */
  apply: (bytes: number) => void;
  remove: () => void;
}

async function tryUnwritable(
  world: ShellWorld,
  disk: SmallDisk,
  { words, before, name, failsWith }: FileCommand,
  { says, hint, apply, remove }: DiskFault,
): Promise<string[]> {
  const path = join(disk.path, name);
  await type(world, ...words, path);
  const whole = sizesOf(disk);
  await type(world, ...before, path);
  const old = contentsOf(disk);
  apply(Math.max(...whole.values()));
  const end = await type(world, ...words, path);
  const result = `it ended with ${end.exitCode}: ${end.stderr}`;
  const found = contentsOf(disk);
  remove();
  const repeated = await type(world, ...words, path);
  const isNamed = end.stderr.includes(disk.path) && says.test(end.stderr);
  return [
    ...(end.exitCode === failsWith && isNamed ? [] : [result]),
    ...(failsWith === 0 || hint.test(end.stderr) ? [] : [`no hint: ${result}`]),
    ...(found === old ? [] : [`the files are other ones: ${found}, they were ${old}`]),
    ...(repeated.exitCode === 0 ? [] : [`the repeat ended with ${repeated.exitCode}: ${repeated.stderr}`]),
    ...findSizeDifferences(whole, sizesOf(disk)),
  ];
}

function type(world: ShellWorld, ...argv: string[]): Promise<ProcessResult> {
  const { cwd, environment } = world.context;
  return runInProcess(argv, { cwd, env: environment });
}

/** The names of the files with digests of their contents. */
function contentsOf(disk: SmallDisk): string {
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(disk.path, name)))
      .digest('hex');
  return disk
    .listFiles()
    .sort()
    .map((name) => `${name} ${digest(name).slice(0, 8)}`)
    .join(', ');
}

/** The size of each file; the contents of manifests, pages and metrics depend on the time. */
function sizesOf(disk: SmallDisk): Map<string, number> {
  return new Map(disk.listFiles().map((name) => [name, readFileSync(join(disk.path, name)).length]));
}

const TIME_VARIATION_BYTES = 40;

function findSizeDifferences(expected: ReadonlyMap<string, number>, found: ReadonlyMap<string, number>): string[] {
  const isNear = ([name, bytes]: [string, number]) =>
    Math.abs((found.get(name) ?? -1e6) - bytes) <= TIME_VARIATION_BYTES;
  const isSame = found.size === expected.size && [...expected].every(isNear);
  return isSame ? [] : [`the repeat left ${JSON.stringify([...found])}, expected ${JSON.stringify([...expected])}`];
}
