import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { diceOf } from '../../harness/dice.js';
import { databases } from '../../harness/databases.js';
import { effort, SEED_OF_RUN } from '../../harness/effort.js';
import type { GroupTest } from '../../harness/group.js';
import { shellGroup, type ShellWorld } from '../../harness/shell-world.js';
import { mountSmallDisk, whyNoDisk, type SmallDisk } from '../../harness/small-disk.js';
import { concludeTrial } from '../../harness/trial.js';
import { runInProcess, type Ended } from '../../commands/run-in-process.js';

const DISK_MB = 8;
const TIME = { timeoutMs: effort(120_000, 1_800_000) };
const RANGE = ['--from', '2025-05-30T12:00Z', '--to', '2025-06-01T12:00Z'];
const EARLIER = ['--from', '2025-05-31T12:00Z', '--to', '2025-06-01T11:00Z'];

/** What writes files: its words, the name that it is given, and how it must end when it cannot write. */
interface Writing {
  words: readonly string[];
  /** Makes older files of the same names. */
  before: readonly string[];
  name: string;
  failsWith: number;
}

const writesSet = (name: string, ...more: string[]): Writing => ({
  words: ['export-training-set', 'BTCUSDT', ...RANGE, ...more, '--out'],
  before: ['export-training-set', 'BTCUSDT', ...EARLIER, ...more, '--out'],
  name,
  failsWith: 1,
});

const WRITINGS: readonly Writing[] = [
  writesSet('set.csv'),
  writesSet('set.parquet'),
  writesSet('set.csv.gz'),
  writesSet('split.jsonl', '--split', '80/20'),
  {
    words: ['report', 'BTCUSDT', ...RANGE, '--out'],
    before: ['report', 'BTCUSDT', ...EARLIER, '--out'],
    name: 'page.html',
    failsWith: 1,
  },
  // the command did its work: that nobody could be told of it is a note
  {
    words: ['status', 'BTCUSDT', 'NEWUSDT', '--metrics-file'],
    before: ['status', 'BTCUSDT', '--metrics-file'],
    name: 'chartctl.prom',
    failsWith: 0,
  },
];

const SERVER = databases().filter(({ name }) => name === 'PostgreSQL');
const whyNot = whyNoDisk();

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
    'on a full disk the files that were there stay, and with room the repeat writes them',
    async (world) => {
      const dice = diceOf(SEED_OF_RUN, 'full disk');
      await migrateAndFill(world);
      const losses = await onEach(effort(1, 12), (disk, writing) =>
        tryUnwritable(world, disk, writing, {
          says: /the disk is full/,
          hint: /free space/,
          spoil: (bytes) => disk.fill(dice.below(bytes)),
          mend: disk.makeRoom,
        }),
      );
      const fault = 'disk full at any byte of an export, a page or a metrics file';
      concludeTrial({ fault, tried: WRITINGS.length * effort(1, 12), unit: 'disks', losses, seed: SEED_OF_RUN });
    },
    TIME,
  );

  test(
    'on a read-only disk the files that were there stay',
    async (world) => {
      await migrateAndFill(world);
      const losses = await onEach(1, (disk, writing) =>
        tryUnwritable(world, disk, writing, {
          says: /its file system is read-only/,
          hint: /a disk that can be written to/,
          spoil: () => disk.setReadOnly(true),
          mend: () => disk.setReadOnly(false),
        }),
      );
      const fault = 'target of an export, a page or a metrics file on a read-only disk';
      concludeTrial({ fault, tried: WRITINGS.length, unit: 'disks', losses });
    },
    TIME,
  );
}

async function migrateAndFill(world: ShellWorld): Promise<void> {
  if ((await world.run('migrate')).exitCode !== 0) throw new Error('migrate failed');
  const { exitCode, stderr } = await type(world, 'backfill', 'BTCUSDT', '--days', '2');
  if (exitCode !== 0) throw new Error(stderr);
}

async function onEach(
  rounds: number,
  attempt: (disk: SmallDisk, writing: Writing) => Promise<string[]>,
): Promise<string[]> {
  const losses: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const writing of WRITINGS) {
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

/** What is wrong with a disk, and what must be said of it. */
interface Spoiling {
  says: RegExp;
  hint: RegExp;
  /** @param bytes how many an undisturbed run writes */
  spoil: (bytes: number) => void;
  mend: () => void;
}

async function tryUnwritable(
  world: ShellWorld,
  disk: SmallDisk,
  { words, before, name, failsWith }: Writing,
  { says, hint, spoil, mend }: Spoiling,
): Promise<string[]> {
  const path = join(disk.path, name);
  await type(world, ...words, path);
  const whole = sizesOf(disk);
  await type(world, ...before, path);
  const old = contentsOf(disk);
  spoil(Math.max(...whole.values()));
  const end = await type(world, ...words, path);
  const told = `it ended with ${end.exitCode}: ${end.stderr}`;
  const found = contentsOf(disk);
  mend();
  const repeated = await type(world, ...words, path);
  const isNamed = end.stderr.includes(disk.path) && says.test(end.stderr);
  return [
    ...(end.exitCode === failsWith && isNamed ? [] : [told]),
    ...(failsWith === 0 || hint.test(end.stderr) ? [] : [`no hint: ${told}`]),
    ...(found === old ? [] : [`the files are other ones: ${found}, they were ${old}`]),
    ...(repeated.exitCode === 0 ? [] : [`the repeat ended with ${repeated.exitCode}: ${repeated.stderr}`]),
    ...differ(whole, sizesOf(disk)),
  ];
}

function type(world: ShellWorld, ...argv: string[]): Promise<Ended> {
  const { cwd, environment } = world.surroundings;
  return runInProcess(argv, { cwd, env: environment });
}

/** The names, each with what tells its content from any other. */
function contentsOf(disk: SmallDisk): string {
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(disk.path, name)))
      .digest('hex');
  return disk
    .names()
    .sort()
    .map((name) => `${name} ${digest(name).slice(0, 8)}`)
    .join(', ');
}

/** How much each file holds; manifests, pages and metrics tell the time, too, and so are not the same each time. */
function sizesOf(disk: SmallDisk): Map<string, number> {
  return new Map(disk.names().map((name) => [name, readFileSync(join(disk.path, name)).length]));
}

const TELLS_THE_TIME = 40;

function differ(expected: ReadonlyMap<string, number>, found: ReadonlyMap<string, number>): string[] {
  const isNear = ([name, bytes]: [string, number]) => Math.abs((found.get(name) ?? -1e6) - bytes) <= TELLS_THE_TIME;
  const isSame = found.size === expected.size && [...expected].every(isNear);
  return isSame ? [] : [`the repeat left ${JSON.stringify([...found])}, expected ${JSON.stringify([...expected])}`];
}
