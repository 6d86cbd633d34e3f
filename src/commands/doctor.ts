import { resolve } from 'node:path';
import { EXIT_CODES, type ExitCode, strongestExitCode, throwIfStopped } from '../core/failure.js';
import { redactPasswords } from '../core/secrets.js';
import type { CheckResult } from '../jobs/doctor/check-result.js';
import { foldLines, foldText } from '../terminal/fold.js';
import { displayWidth, escapeControls } from '../terminal/text.js';
import type { Command, Paint } from './framework/command.js';
import { Flags } from './framework/options/flags.js';
import {
  METRICS_OPTION,
  OUTPUT_OPTIONS,
  readLogFormat,
  readMonitoringOptions,
  readSymbols,
  SYMBOL_OPTIONS,
} from './framework/options/options.js';

interface DoctorResult {
  checks: CheckResult[];
  exitCode: ExitCode;
}

export const doctorCommand: Command<DoctorResult> = {
  name: 'doctor',
  otherNames: ['check', 'diagnose', 'test'],
  description: 'check configuration, database, exchanges, clocks and schedule, and say what to do; changes nothing',
  arguments: [
    ['[symbols...]', 'symbols such as BTCUSDT; without any: those that are configured, else all in the database'],
  ],
  options: [...SYMBOL_OPTIONS, [METRICS_OPTION[0], 'check whether this file can be written'], ...OUTPUT_OPTIONS],
  examples: [
    ['chartctl doctor', 'all checks, in at most twelve seconds'],
    ['chartctl doctor --json', 'the same for programs; exit 0 when there are only warnings'],
  ],
  run: async ({ io, args, raw, flags: { configuration, problems } }) => {
    if (!configuration) throw new Error('readFlags reads the configuration');
    // problems of the configuration are a result of the first check; the others run with the rest of it
    const { checkConfiguration } = await import('../jobs/doctor/check-configuration.js');
    const { config, hasDatabase, result } = checkConfiguration(configuration, io.cwd, () => problems.throwIfAny());
    const flags = new Flags(raw, io.cwd, configuration);
    const symbols = readSymbols(flags, args, config.symbols.length > 0 ? config.symbols : 'all');
    readLogFormat(flags);
    const { metricsFile } = readMonitoringOptions(flags);
    flags.problems.throwIfAny();
    const { doctor } = await import('../jobs/doctor/doctor.js');
    const findings = await doctor({
      database: hasDatabase ? config.database : undefined,
      exchange: config.exchange,
      symbols,
      metricsFile: metricsFile === undefined ? undefined : resolve(io.cwd, metricsFile),
    });
    throwIfStopped(io.signal);
    const checks = [result, ...findings];
    return { checks, exitCode: strongestExitCode(checks.map(({ exitCode = EXIT_CODES.done }) => exitCode)) };
  },
  text: ({ checks }, { paint, columns }) => formatChecks(checks, paint, columns),
  document: async () => (await import('./documents/doctor.js')).doctorDocument,
};

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
/** The width of the state and of the two gaps beside the name of a check. */
const MARGIN = 8;

/**
 * A line for each check with its remedy below it. Passwords are masked before
 * lines are broken, which could break a password, too.
 *
 * @param columns the width into which lines are folded
 */
export function formatCheckLines(checks: readonly CheckResult[], paint: Paint, columns = Infinity): string {
  const width = Math.max(...checks.map(({ check }) => check.length));
  const indent = ' '.repeat(width + MARGIN);
  const show = (text: string) => redactPasswords(escapeControls(text));
  const lines = checks.flatMap(({ state, check, found, remedy }) => [
    `${paint[COLOURS[state]](state.padEnd(4))}  ${check.padEnd(width)}  ${foldText(show(found), columns - indent.length).join(`\n${indent}`)}`,
    ...(remedy === undefined ? [] : formatRemedy(show(remedy), indent, columns)),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

/** The lines of the checks, and the number of results of each state. */
function formatChecks(checks: readonly CheckResult[], paint: Paint, columns?: number): string {
  const count = (state: CheckResult['state']) => checks.filter((result) => result.state === state).length;
  const summary = `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`;
  return `${formatCheckLines(checks, paint, columns)}\n${summary}\n`;
}

/** A remedy that is too long for its place begins further left; it stays whole where it fits, so that it can be copied. */
function formatRemedy(remedy: string, indent: string, columns: number): string[] {
  const line = `${indent}do: ${remedy}`;
  return displayWidth(line) <= columns ? [line] : foldLines([`    do: ${remedy}`], columns);
}
