import { suite } from 'uvu';
import { takeTrials, type Trial } from './trial.js';

/** What one test file reports to the runner that started it. */
export interface FileReport {
  passed: number;
  failed: number;
  skipped: string[];
  trials: readonly Trial[];
}

/** Thrown by a test that finds out, when it runs, that it cannot run here. The reason is part of the report. */
export class SkippedTest extends Error {}

export interface GroupTest<C> {
  (name: string, body: (context: C) => void | Promise<void>, options?: { timeoutMs?: number }): void;
  /** Counts and prints a test that cannot run here; the reason is part of the report. */
  skip(name: string, reason: string): void;
}

interface GroupOptions<C> {
  /** Runs once before the tests; when it throws, every test of the group fails with its error. */
  setup?: () => C | Promise<C>;
  teardown?: (context: C) => void | Promise<void>;
}

const TEST_TIMEOUT_MS = 60_000;
let report: FileReport = emptyReport();

/**
 * A uvu suite that cannot be forgotten, cannot hang and cannot pass by accident.
 *
 * It runs itself, gives every test a time limit, turns a failed set-up into failed tests and
 * turns a thrown non-Error into an Error: uvu alone exits 0 in each of these cases.
 */
export function group<C = void>(
  name: string,
  declare: (test: GroupTest<C>) => void,
  options: GroupOptions<C> = {},
): void {
  const uvuSuite = suite(name);
  let ready: { context: C } | { error: Error } | undefined;

  const test = ((title, body, { timeoutMs = TEST_TIMEOUT_MS } = {}) => {
    uvuSuite(title, async () => {
      try {
        if (ready && 'error' in ready) throw ready.error;
        await withinTime(Promise.resolve(body(ready?.context as C)), timeoutMs, title);
        report.passed += 1;
      } catch (thrown) {
        if (thrown instanceof SkippedTest) return test.skip(title, thrown.message);
        report.failed += 1;
        throw toError(thrown);
      }
    });
  }) as GroupTest<C>;
  test.skip = (title, reason) => {
    const line = `${name}: ${title} (${reason})`;
    report.skipped.push(line);
    if (!process.send) process.stdout.write(`SKIPPED ${line}\n`); // a test file that was started alone
  };

  uvuSuite.before(async () => {
    try {
      const set = options.setup
        ? await withinTime(Promise.resolve(options.setup()), TEST_TIMEOUT_MS, 'set-up')
        : undefined;
      ready = { context: set as C };
    } catch (thrown) {
      ready = { error: toError(thrown) };
    }
  });
  uvuSuite.after(async () => {
    try {
      if (options.teardown && ready && 'context' in ready) {
        await withinTime(Promise.resolve(options.teardown(ready.context)), TEST_TIMEOUT_MS, 'teardown');
      }
    } catch (thrown) {
      report.failed += 1;
      process.stderr.write(`teardown of "${name}" failed: ${toError(thrown).stack}\n`);
    }
  });

  declare(test);
  uvuSuite.run();
}

/** What the groups have reported since the last call: for the runner of several test files in one process. */
export function takeReport(): FileReport {
  const taken = { ...report, trials: takeTrials() };
  report = emptyReport();
  return taken;
}

function emptyReport(): FileReport {
  return { passed: 0, failed: 0, skipped: [], trials: [] };
}

async function withinTime<T>(work: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`"${what}" took longer than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`a test threw something that is no Error: ${String(thrown)}`);
}
