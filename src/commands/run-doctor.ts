import { resolve } from 'node:path';
import { Flags } from '../cli/flags.js';
import type { Io } from '../cli/io.js';
import { formatJson } from '../cli/json-document.js';
import { createPaint } from '../cli/paint.js';
import { readFlags } from '../cli/read-flags.js';
import { redactPasswords } from '../cli/redact.js';
import { readScreen } from '../cli/screen.js';
import { readSymbols } from '../cli/symbol-choice.js';
import { print } from '../cli/write-out.js';
import { EXIT_CODES, strongestExitCode, throwIfStopped, type ExitCode } from '../core/failure.js';
import { doctor } from '../jobs/doctor/doctor.js';
import { examineConfiguration } from './examine-configuration.js';
import { formatFindings } from './format-findings.js';
import { isOk } from './job-report.js';
import { readWatchers } from './monitoring-options.js';
import { readOutput } from './shared-options.js';

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
  const { config, hasDatabase, finding } = examineConfiguration(configuration, io.cwd, () => problems.throwIfAny());
  const flags = new Flags(raw, io.cwd, configuration);
  const symbols = readSymbols(flags, names, config.symbols.length > 0 ? config.symbols : 'all');
  const output = readOutput(flags);
  const { metricsFile } = readWatchers(flags);
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
