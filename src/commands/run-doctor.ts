import { resolve } from 'node:path';
import { EXIT_CODES, type ExitCode, strongestExitCode, throwIfStopped } from '../core/failure.js';
import type { Io } from '../core/io.js';
import { redactPasswords } from '../core/secrets.js';
import type { CheckResult } from '../jobs/doctor/check-result.js';
import { doctor } from '../jobs/doctor/doctor.js';
import { checkConfiguration } from '../jobs/doctor/check-configuration.js';
import { formatJson } from '../terminal/json.js';
import { print } from '../terminal/output.js';
import { createPaint, readScreen } from '../terminal/screen.js';
import { displayWidth, escapeControls } from '../terminal/text.js';
import { Flags } from './framework/flags.js';
import { isOk } from './framework/job-report.js';
import { readMonitoringOptions, readOutput, readSymbols } from './framework/options.js';
import { readFlags } from './framework/read-config.js';

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
/** What stands before a finding beside its name: the state and two gaps. */
const MARGIN = 8;

/**
 * A line for each finding, its remedy below it, and how many there were of each kind.
 *
 * @param columns of the terminal, into which findings are folded; remedies stay whole, for they are copied
 */
export function formatFindings(
  findings: readonly CheckResult[],
  paint: ReturnType<typeof createPaint>,
  columns = Infinity,
): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(width + MARGIN);
  const lines = findings.flatMap(({ state, check, found, remedy }) => [
    `${paint[COLOURS[state]](state.padEnd(4))}  ${check.padEnd(width)}  ${fold(escapeControls(found), columns - indent.length).join(`\n${indent}`)}`,
    ...(remedy === undefined ? [] : [`${indent}do: ${escapeControls(remedy)}`]),
  ]);
  const count = (state: CheckResult['state']) => findings.filter((finding) => finding.state === state).length;
  const summary = `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`;
  return [...lines, '', summary].map((line) => `${line}\n`).join('');
}

/** The text in lines of at most `columns`, broken between words. */
function fold(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && displayWidth(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/**
 * Looks at everything and prints what was found. A wrong configuration is a finding, too: the rest is looked at with
 * what is right of it.
 */
export async function runDoctor(
  io: Io,
  names: readonly string[],
  raw: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const { configuration, problems } = await readFlags(raw, io);
  if (!configuration) throw new Error('readFlags reads the configuration');
  const {
    config,
    hasDatabase,
    result: finding,
  } = checkConfiguration(configuration, io.cwd, () => problems.throwIfAny());
  const flags = new Flags(raw, io.cwd, configuration);
  const symbols = readSymbols(flags, names, config.symbols.length > 0 ? config.symbols : 'all');
  const output = readOutput(flags);
  const { metricsFile } = readMonitoringOptions(flags);
  flags.problems.throwIfAny();
  const findings = await doctor({
    database: hasDatabase ? config.database : undefined,
    exchange: config.exchange,
    symbols,
    metricsFile: metricsFile === undefined ? undefined : resolve(io.cwd, metricsFile),
  });
  throwIfStopped(io.signal);
  const all = [finding, ...findings];
  const exitCode = strongestExitCode(all.map(({ exitCode: code = EXIT_CODES.done }) => code));
  const paint = createPaint(io.isTerminal.stdout, io.env, output.color);
  const document = { command: 'doctor', ok: isOk(exitCode), exitCode, jobId: null, symbols: [], checks: all };
  await print(
    io.stdout,
    redactPasswords(output.json ? formatJson(document) : formatFindings(all, paint, readScreen(io)?.columns)),
  );
  return exitCode;
}
