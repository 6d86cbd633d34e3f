import { resolve } from 'node:path';
import { URL_VALUE } from '../../config/setting.js';
import { Failure } from '../../core/failure.js';
import type { Io } from '../../core/io.js';
import { redactPasswords } from '../../core/secrets.js';
import { splitCommand } from '../../core/shell-words.js';
import { FILE_ENDINGS } from '../../files/formats/formats.js';
import type { ScheduleSettings } from '../../schedule/plan-jobs.js';
import type { Timing } from '../../schedule/scheduled-job.js';
import type { Flags } from '../framework/options/flags.js';
import { readSymbols } from '../framework/options/options.js';
import { readConfig } from '../framework/options/read-config.js';

/** Options whose text is copied into the files unchanged. */
const COPIED_FLAGS = [
  '--export',
  '--exec',
  '--webhook',
  '--ping-url',
  '--metrics-file',
  '--config',
  '--env-file',
  '--log-file',
  '--symbols-file',
] as const;
/** Such characters end a line of a crontab, a unit or a YAML scalar. */
const LINE_BREAKING = /[\p{Cc}\u2028\u2029]/u;
/** A URL with credentials, whatever characters its password has; a port is not a password. */
const CREDENTIALS = /:\/\/[^/\s]*:(?!\d+(?:\/|$)).*@/;
const EXPORT_NAME = new RegExp(`(${FILE_ENDINGS.join('|').replaceAll('.', '\\.')})$`, 'i');
const METRICS_NAME = /\.prom$/;
const DAILY = /^([01]\d|2[0-3]):([0-5]\d)$/;
const DEFAULT_EXPORT: Timing = { every: 'day', hour: 0, minute: 37 };
const HOURLY_EXPORT: Timing = { every: 'hour', minute: 37 };

/** A call of `chartctl schedule`. */
export interface ScheduleCall {
  /** The options of the command line alone. */
  given: Flags;
  /** The options over the configuration. */
  flags: Flags;
  names: readonly string[];
  io: Io;
}

/** Jobs on this machine read its files and its configuration; elsewhere only the options of their commands count. */
type HostKind = 'here' | 'elsewhere';

/**
 * The jobs to run and their options.
 *
 * @throws Failure (usage) that names all problems of the call together
 */
export function readScheduleSettings({ given, flags, names, io }: ScheduleCall, where: HostKind): ScheduleSettings {
  for (const flag of COPIED_FLAGS) given.parse(flag, (text) => checkCopiedText(flag, text));
  const isHere = where === 'here';
  const pathOf = (text: string | undefined) => (text === undefined || !isHere ? text : resolve(io.cwd, text));
  const settings = {
    config: isHere ? flags.configuration?.file : undefined,
    hasLockWait: isHere && flags.text('--lock-wait') !== undefined,
    // also when it is configured: a unit of systemd names the folders that its job writes to
    metricsFile: isHere ? pathOf(readFileName(flags, '--metrics-file', METRICS_NAME, '.prom')) : undefined,
    pingUrl: given.parse('--ping-url', (text) => checkUrl('--ping-url', text)),
    export: readExport(given, pathOf(readFileName(given, '--export', EXPORT_NAME, FILE_ENDINGS.join(', ')))),
    checkRetrain: readCheckRetrain(given, isHere && flags.text('--exec') !== undefined),
  };
  let symbols: ScheduleSettings['symbols'] = [];
  readConfig(flags, io, (config) => (symbols = readSymbols(flags, names, config?.symbols)));
  const list = given.text('--symbols-file');
  // a job has no standard input to read: what it listed is written into the schedule
  if (isHere && list !== '-') symbols = preferListFile(flags, names, symbols, pathOf(list));
  return { ...settings, symbols };
}

/** The jobs read a list file at each run, so that it may change. */
function preferListFile(
  flags: Flags,
  names: readonly string[],
  symbols: readonly string[] | 'all',
  file: string | undefined,
): ScheduleSettings['symbols'] {
  if (names.length > 0 || symbols === 'all') return symbols;
  if (file !== undefined) return { file };
  return flags.configuration?.settings.symbols.origin.kind === 'file' ? [] : symbols;
}

function readExport(flags: Flags, file: string | undefined): ScheduleSettings['export'] {
  flags.needs('--export-at', '--export');
  const when = flags.parse('--export-at', parseExportTime) ?? DEFAULT_EXPORT;
  return file === undefined ? undefined : { file, when };
}

/** The name of a file that has a certain ending. */
function readFileName(flags: Flags, flag: string, pattern: RegExp, endings: string): string | undefined {
  return flags.parse(flag, (text) => {
    if (pattern.test(text)) return text;
    throw new Failure('usage', `${flags.nameOf(flag)} was "${text}"`, {
      hint: `expected a name that ends in ${endings}`,
    });
  });
}

function parseExportTime(text: string): Timing {
  if (text.toLowerCase() === 'hourly') return HOURLY_EXPORT;
  const [, hour, minute] = DAILY.exec(text) ?? [];
  if (hour !== undefined) return { every: 'day', hour: Number(hour), minute: Number(minute) };
  throw new Failure('usage', `--export-at was "${text}"`, {
    hint: 'expected hourly, or a time of day in UTC such as 00:37',
  });
}

function readCheckRetrain(flags: Flags, runsProgram: boolean): ScheduleSettings['checkRetrain'] {
  flags.needs('--exec', '--check-retrain');
  flags.needs('--webhook', '--check-retrain');
  flags.parse('--exec', splitCommand);
  const webhook = flags.parse('--webhook', (text) => checkUrl('--webhook', text));
  const exec = flags.text('--exec');
  if (!flags.isSet('--check-retrain')) return undefined;
  return { exec, webhook, runsProgram: runsProgram || exec !== undefined };
}

/** The files may be readable by other users, and their syntax is by lines. */
function checkCopiedText(flag: string, text: string): void {
  if (LINE_BREAKING.test(text)) {
    throw new Failure('usage', `${flag} holds a line break or another control character`, {
      hint: 'leave it out: the files consist of lines',
    });
  }
  if (redactPasswords(text) === text && !CREDENTIALS.test(text)) return;
  throw new Failure('usage', `${flag} holds a password`, {
    hint: 'put it into the environment file: the files of a schedule may be readable by other users',
  });
}

function checkUrl(flag: string, text: string): string {
  const url = text.replaceAll('{job}', 'job');
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return text;
  throw new Failure('usage', `${flag} was not understood`, {
    hint: `expected ${URL_VALUE.expected}`,
  });
}
