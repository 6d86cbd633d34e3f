import { type ChildProcess, fork } from 'node:child_process';
import type { FileReport } from './group.js';
import type { FileResult, Order } from './run-files.js';
import type { TranspiledSources } from './transpile-sources.js';

const RUN_FILES = 'tests/harness/run-files.ts';
const EXIT_GRACE_MS = 10_000;
/** Most test files take seconds: V8 would spend a tenth of the time on optimizing functions that soon are not called again. */
const FLAGS = ['--interrupt-budget=1000000'];

/** The report of a file, with what is wrong beside its tests, and its output. */
export interface FileOutcome extends FileReport {
  problems: readonly string[];
  output: string;
}

/** A process that runs test files one after another. */
export class TestProcess {
  readonly #sources: TranspiledSources;
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  readonly #closed: Promise<void>;
  #chunks: Buffer[] = [];
  /** The files that it has run. */
  readonly files: string[] = [];

  constructor(sources: TranspiledSources, environment: NodeJS.ProcessEnv) {
    this.#sources = sources;
    this.#child = fork(sources.programOf(RUN_FILES), {
      execArgv: FLAGS,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: environment,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    }
    this.#exit = new Promise((resolve) => this.#child.once('exit', (code) => resolve(code)));
    this.#closed = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  /** Runs a file. When the outcome has problems or failures, the process must not run another one: call `end`. */
  async run(file: string, limitMs: number): Promise<FileOutcome> {
    this.files.push(file);
    this.#chunks = [];
    const problems: string[] = [];
    const timer = setTimeout(() => {
      problems.push(`took longer than ${limitMs} ms`);
      this.#child.kill('SIGKILL');
    }, limitMs);
    const result = new Promise<FileResult>((resolve) => {
      this.#child.once('message', (message) => resolve(message as FileResult));
    });
    this.#child.send({ program: this.#sources.programOf(file) } satisfies Order);
    const found = await Promise.race([result, this.#exit]);
    clearTimeout(timer);
    const { passed, failed, skipped, trials, error } =
      typeof found === 'object' && found
        ? found
        : { ...NO_TESTS, error: `ended with code ${found} before it reported` };
    if (error) problems.push(error);
    else if (passed + failed + skipped.length === 0) problems.push('has no test');
    return { passed, failed, skipped, trials, problems, output: this.#output() };
  }

  /** Waits for the end of the process; returns what kept it, or something that it left, from ending. */
  async end(): Promise<string[]> {
    const problems: string[] = [];
    if (this.#child.connected) this.#child.send({ program: null } satisfies Order);
    const kill = setTimeout(() => {
      problems.push('left something open: the process did not end after its last test');
      this.#child.kill('SIGKILL');
    }, EXIT_GRACE_MS);
    await this.#exit;
    clearTimeout(kill);
    const destroy = setTimeout(() => {
      problems.push('left a process behind that holds its output open');
      this.#child.stdout?.destroy();
      this.#child.stderr?.destroy();
    }, EXIT_GRACE_MS);
    await this.#closed;
    clearTimeout(destroy);
    return problems;
  }

  #output(): string {
    return this.#sources.withOriginalPlaces(Buffer.concat(this.#chunks).toString());
  }
}

const NO_TESTS: FileReport = { passed: 0, failed: 0, skipped: [], trials: [] };
