import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toShellCommand } from '../../../src/core/shell-words.js';
import { manifestPath } from '../../../src/files/manifest.js';
import type { ProcessResult } from '../../commands/run-in-process.js';
import { type InjectionWorld, NUL } from './injection-world.js';

/** Passes a hostile text to chartctl; returns one sentence for each fault, and everything that was printed. */
export type InputChannel = (world: InjectionWorld, value: string) => Promise<{ losses: string[]; printed: string[] }>;

/** Characters that names of files in a data package must not contain. */
const NOT_IN_FILE_NAMES = ['\\', '\n', NUL];

/** The channels by name. The first ones must refuse hostile texts, the others must keep them unchanged. */
export const INPUT_CHANNELS: Readonly<Record<string, InputChannel>> = {
  ...refuseAll({
    'a symbol': (value) => ({ argv: ['ingest', '--', value] }),
    'the symbol of jobs': (value) => ({ argv: ['jobs', '--', value] }),
    '--symbols-file': (value) => ({ argv: ['clean', '--symbols-file', 'list'], file: ['list', value] }),
    CHARTCTL_SYMBOLS: (value) => ({ argv: ['backfill'], variables: { CHARTCTL_SYMBOLS: value } }),
    'symbols of the configuration': (value) => ({
      argv: ['backfill'],
      file: ['chartctl.config.json', JSON.stringify({ symbols: [value] })],
    }),
    'a name in the configuration': (value) => ({
      argv: ['config'],
      file: ['chartctl.config.json', JSON.stringify({ [value]: 1 })],
    }),
    'a timestamps file': (value) => ({
      argv: ['rebuild', 'BTCUSDT', '--timestamps', 'times'],
      file: ['times', value],
    }),
    'a time': (value) => ({ argv: ['backfill', 'BTCUSDT', '--from', value, '--to', value] }),
    'a number': (value) => ({ argv: ['check-retrain', 'BTCUSDT', '--threshold', value] }),
    'a duration': (value) => ({ argv: ['ingest', 'BTCUSDT', '--lock-wait', value] }),
    'a job': (value) => ({ argv: ['undo', '--', value] }),
    'a command': (value) => ({ argv: ['--', value] }),
    'a flag': (value) => ({ argv: ['status', `--${value}`] }),
    'an address': (value) => ({ argv: ['status'], variables: { CHARTCTL_BINANCE_URL: value } }),
    'an exchange': (value) => ({ argv: ['status'], variables: { CHARTCTL_FALLBACK: value } }),
    'a webhook': (value) => ({ argv: ['check-retrain', 'BTCUSDT', '--webhook', value] }),
  }),
  '--reason': keepReason,
  '--out': keepName,
  '--exec': keepArguments,
  'a crontab': scheduleIn('crontab', runCronLines),
  'units of systemd': scheduleIn('systemd', readUnits),
  'a workflow of GitHub': scheduleIn('github-actions', () => []),
  'jobs of Kubernetes': scheduleIn('kubernetes', () => []),
};

interface Call {
  argv: readonly string[];
  file?: readonly [name: string, text: string];
  variables?: Record<string, string>;
}

/** Channels that must refuse hostile texts with exit code 2. */
function refuseAll(calls: Readonly<Record<string, (value: string) => Call>>): Record<string, InputChannel> {
  return Object.fromEntries(
    Object.entries(calls).map(([name, toCall]): [string, InputChannel] => [
      name,
      async (world, value) => {
        const { argv, file, variables = {} } = toCall(value);
        const path = file && join(world.folder, file[0]);
        if (path) writeFileSync(path, file[1]);
        const end = await world.typeWith(variables, ...argv);
        if (path) rmSync(path);
        const losses = end.exitCode === 2 ? [] : [`ended with ${end.exitCode}: ${end.stdout}${end.stderr}`];
        return { losses, printed: [end.stdout, end.stderr] };
      },
    ]),
  );
}

/** A reason must be stored unchanged. */
async function keepReason(world: InjectionWorld, value: string) {
  const minute = "(SELECT max(timestamp) FROM rolling_chart_data WHERE symbol = 'BTCUSDT')";
  // all-open leaves out what the same run flags, and the newest minute, by the wall clock, may be a spike of volume
  await world.type('clean', 'BTCUSDT');
  await world.query(`UPDATE rolling_chart_data SET hasmissingdata = true WHERE timestamp = ${minute}`);
  const end = await world.type('clean', 'BTCUSDT', '--accept', 'all-open', '--reason', value);
  await world.query(`UPDATE rolling_chart_data SET hasmissingdata = false WHERE timestamp = ${minute}`);
  const kept = await world.query<{ reason: string }>('SELECT DISTINCT reason FROM chartctl_flags');
  const losses = isRefusalAllowed(value, end)
    ? []
    : kept.some(({ reason }) => reason === value)
      ? []
      : [`kept as ${JSON.stringify(kept)}, exit code ${end.exitCode}: ${end.stderr}`];
  const shown = await Promise.all([
    world.type('history', 'BTCUSDT', '--from', '2020-01-01'),
    world.type('jobs'),
    world.type('status', 'BTCUSDT'),
  ]);
  return { losses, printed: [end, ...shown].flatMap(({ stdout, stderr }) => [stdout, stderr]) };
}

/** A file must have the given name in the given folder, or be refused without writing anything. */
async function keepName(world: InjectionWorld, value: string) {
  const name = `${value.replaceAll('/', '')}.csv`;
  const before = readdirSync(world.folder);
  const end = await world.type('export-training-set', 'BTCUSDT', '--out', name);
  const written = readdirSync(world.folder)
    .filter((file) => !before.includes(file))
    .sort();
  const isRefused = NOT_IN_FILE_NAMES.some((character) => name.includes(character)) && end.exitCode === 2;
  const expected = isRefused ? [] : [manifestPath(name), name].sort();
  const losses = String(written) === String(expected) ? [] : [`wrote ${JSON.stringify(written)}: ${end.stderr}`];
  for (const file of written) rmSync(join(world.folder, file));
  return { losses, printed: [end.stdout, end.stderr] };
}

/** A program must get its argument unchanged. */
async function keepArguments(world: InjectionWorld, value: string) {
  const command = toShellCommand([process.execPath, world.noteArguments, value]);
  await world.query('DELETE FROM chartctl_trainings');
  const end = await world.type('check-retrain', 'BTCUSDT', '--min-new-rows', '1', '--exec', command);
  const losses = isRefusalAllowed(value, end) ? [] : findMissingArgument(world, value, end);
  return { losses, printed: [end.stdout, end.stderr] };
}

/** A schedule must refuse the text, or pass it on unchanged. */
function scheduleIn(target: string, follow: (world: InjectionWorld, text: string) => string[]): InputChannel {
  return async (world, value) => {
    const command = toShellCommand([process.execPath, world.noteArguments, value]);
    const end = await world.type('schedule', target, 'BTCUSDT', '--check-retrain', '--exec', command);
    if (end.exitCode === 2) return { losses: [], printed: [end.stderr] };
    const losses = end.exitCode === 0 ? follow(world, end.stdout) : [`ended with ${end.exitCode}: ${end.stderr}`];
    return { losses, printed: [end.stdout, end.stderr] };
  };
}

/** Runs each line of a crontab as cron does, with a program that only records its arguments. */
function runCronLines(world: InjectionWorld, crontab: string): string[] {
  const lines = crontab.split('\n').filter((line) => /^[\d*]/.test(line));
  if (lines.length < 2) return ['the crontab has no lines'];
  for (const line of lines) {
    const command = line.replace(/^(\S+ ){5}/, '').replace(/^.*?sleep \d+; /, '');
    const env = { ...process.env, NOTES: world.notes };
    spawnSync('sh', ['-c', command.replaceAll('\\%', '%')], { cwd: world.folder, env, timeout: 10_000 });
  }
  return [];
}

/** Lines of a systemd unit that chartctl did not write. */
function readUnits(_: InjectionWorld, text: string): string[] {
  const strange = text.split('\n').filter((line) => !/^(#.*|\[\w+\]|[A-Z]\w+=.*|)$/.test(line));
  return strange.map((line) => `a line of its own: ${line}`);
}

/** Texts with NUL may be refused. */
function isRefusalAllowed(value: string, { exitCode }: ProcessResult): boolean {
  return value.includes(NUL) && exitCode === 2;
}

function findMissingArgument({ notes }: InjectionWorld, value: string, end: ProcessResult): string[] {
  const noted = existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : [];
  rmSync(notes, { force: true });
  const isThere = noted.some((line) => (JSON.parse(line) as string[]).includes(value));
  return isThere ? [] : [`the program got ${noted.join(' ')}: ${end.stderr}`];
}
