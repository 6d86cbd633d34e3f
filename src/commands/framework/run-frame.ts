import type { ExitCode } from '../../core/failure.js';
import { JsonLog } from '../../terminal/json.js';
import { printMessage } from '../../terminal/output.js';
import { escapeControls } from '../../terminal/text.js';
import type { Shell } from './command.js';
import { isOk } from './job-report.js';
import { readLogFormat, readMonitoringOptions } from './options.js';
import { readFlags } from './read-config.js';
import { newRunRecord, type WatchedRun, watchRun } from './watch-run.js';

/** What surrounds a command from before its flags are judged until after it has ended: its log, and who watches. */
export class RunFrame {
  readonly #shell: Shell;
  readonly #startedAt = performance.now();
  #watched: WatchedRun | undefined;
  #hasBegun = false;
  readonly record = newRunRecord();

  constructor(shell: Shell) {
    this.#shell = shell;
    shell.record = this.record;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /**
   * Begins a run, once. Problems of the flags are the command's to report: here the flag that has one counts for nothing.
   *
   * @param command null when none was recognised
   * @param raw the flags as they were typed
   * @param flagsOf the flags that this command has
   */
  async begin(
    command: string | null,
    raw: Readonly<Record<string, unknown>>,
    flagsOf: readonly string[],
  ): Promise<void> {
    this.#hasBegun = true;
    const { io } = this.#shell;
    const flags = await readFlags(raw, io);
    if (readLogFormat(flags) === 'json') {
      const isTerminal = { ...io.isTerminal, stderr: false }; // no colours, no bars
      this.#shell.io = { ...io, stderr: new JsonLog(io.stderr, command), isTerminal };
    }
    const { metricsFile, pingUrl } = readMonitoringOptions(flags);
    const watchers = {
      metricsFile: flagsOf.includes('--metrics-file') ? metricsFile : undefined,
      pingUrl: flagsOf.includes('--ping-url') ? pingUrl : undefined,
    };
    this.#watched = await watchRun(watchers, { command: command ?? '', cwd: io.cwd, record: this.record });
  }

  /** Tells everybody how the run ended. */
  async end(exitCode: ExitCode, { quiet }: { quiet: boolean }): Promise<void> {
    const problems = (await this.#watched?.end(exitCode)) ?? [];
    const { stderr } = this.#shell.io;
    if (quiet || !this.#hasBegun) return;
    for (const message of problems) {
      if (stderr instanceof JsonLog) await stderr.log({ level: 'warn', message });
      else await printMessage(stderr, `note: ${escapeControls(message)}\n`);
    }
    if (stderr instanceof JsonLog) await this.#logEnd(stderr, exitCode);
  }

  async #logEnd(log: JsonLog, exitCode: ExitCode): Promise<void> {
    const { jobId, symbols, counts } = this.record;
    const durationSeconds = Math.round(performance.now() - this.#startedAt) / 1000;
    const level = isOk(exitCode) ? 'info' : 'error';
    const message = `ended with exit code ${exitCode} after ${durationSeconds} s`;
    await log.log({ level, message, jobId, exitCode, durationSeconds, symbols, counts });
  }
}
