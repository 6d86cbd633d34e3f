import { isSuccess, type ExitCode } from '../../core/failure.js';
import type { Io } from '../../core/io.js';
import { redactPasswords } from '../../core/secrets.js';
import { JsonLog } from '../../terminal/json.js';
import { printMessage } from '../../terminal/output.js';
import { formatFailure } from '../../terminal/print-failure.js';
import { createPaint } from '../../terminal/screen.js';
import type { Call, Command, CommandResult, Observations } from './command.js';
import { type Monitoring, startMonitoring } from './monitoring.js';
import { formatNotice } from './notices.js';
import { METRICS_OPTION, PING_OPTION, readLogFormat, readMonitoringOptions } from './options/options.js';
import { formatText } from './print-result.js';
import { readFlags } from './options/read-config.js';

/** What surrounds a command, from before its options are checked until after it has ended: its log and its monitoring. */
export class Session {
  /** With `--log-format json` standard error is a log. */
  io: Io;
  /** Set when the command has ended: printing the result may still fail. */
  finished: { call: Call; result: CommandResult } | undefined;
  /** What the run failed with. */
  problem: unknown;
  /** In `performance.now()` time. */
  readonly startedAt = performance.now();
  readonly observations: Observations = {
    wantsWindows: false,
    usage: () => ({ requests: 0, weight: 0 }),
    windows: [],
    retired: [],
    lastSuccessAt: undefined,
  };
  #hasBegun = false;
  #monitoring: Monitoring | undefined;

  constructor(io: Io) {
    this.io = io;
  }

  /**
   * Begins, once. Problems of the options are reported by the command: an option that has one is ignored here.
   *
   * @param command undefined when none was recognised
   */
  async begin(command: Command | undefined, raw: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { io } = this;
    const flags = await readFlags(raw, io);
    if (readLogFormat(flags) === 'json') {
      const isTerminal = { ...io.isTerminal, stderr: false }; // no colours, no bars
      this.io = { ...io, stderr: new JsonLog(io.stderr, command?.name ?? null), isTerminal };
    }
    if (!command) return;
    const { metricsFile, pingUrl } = readMonitoringOptions(flags);
    const options = {
      metricsFile: command.options.includes(METRICS_OPTION) ? metricsFile : undefined,
      pingUrl: command.options.includes(PING_OPTION) ? pingUrl : undefined,
    };
    this.observations.wantsWindows = options.metricsFile !== undefined;
    this.#monitoring = await startMonitoring(options, command.name, {
      cwd: io.cwd,
      environment: flags.environment,
    });
  }

  /** Reports the end of the run to the monitoring and to the log. */
  async end(exitCode: ExitCode, { quiet }: { quiet: boolean }): Promise<void> {
    const { observations, finished } = this;
    const result = finished?.result;
    const hasWorked =
      typeof result?.jobId === 'number' || (result !== undefined && finished?.call.command.readOnly === true);
    const symbols = countSymbols(result);
    const run = { exitCode, hasWorked, symbols, observations, text: () => this.#summarize() };
    const problems = (await this.#monitoring?.end(run)) ?? [];
    const { stderr } = this.io;
    if (quiet || !this.#hasBegun) return;
    for (const message of problems) {
      if (stderr instanceof JsonLog) await stderr.log({ level: 'warn', message });
      else await printMessage(stderr, formatNotice(message, this.io));
    }
    if (!(stderr instanceof JsonLog)) return;
    const durationSeconds = Math.round(performance.now() - this.startedAt) / 1000;
    await stderr.log({
      level: isSuccess(exitCode) ? 'info' : 'error',
      message: `ended with exit code ${exitCode} after ${durationSeconds} s`,
      jobId: result?.jobId ?? null,
      exitCode,
      durationSeconds,
      symbols,
      counts: result?.counts ?? {},
    });
  }

  /** The problem, the failures of symbols, and the result, as people read them. */
  #summarize(): string {
    const paint = createPaint(false, {}, false);
    const problem = this.problem === undefined ? '' : formatFailure(this.problem, paint);
    const failures = (this.finished?.result.outcomes ?? []).map(({ symbol, failure }) =>
      failure ? formatFailure(failure, paint, symbol) : '',
    );
    const text = this.finished ? formatText(this.finished.call, this.finished.result, paint) : '';
    return redactPasswords([problem, ...failures, text].join(''));
  }
}

function countSymbols(result: CommandResult | undefined): { done: number; failed: number } | undefined {
  if (!result?.outcomes) return undefined;
  const failed = result.outcomes.filter(({ failure }) => failure).length;
  return { done: result.outcomes.length - failed, failed };
}
