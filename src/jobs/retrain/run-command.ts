import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../core/duration.js';
import { Failure } from '../../core/failure.js';
import type { Environment } from '../../core/io.js';
import { maskCommand } from '../../core/secrets.js';
import { toShellCommand } from '../../core/shell-words.js';

const POLL_MS = 50;

/**
 * Ends a program and all that it started: SIGTERM, and SIGKILL for what is still there after a while.
 *
 * @param leader the process id of the program, which was started as the leader of a group of its own
 * @param graceMs how long they may take to end by themselves
 */
export async function terminateProcessGroup(leader: number, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  signalGroup(leader, 'SIGTERM');
  while (signalGroup(leader, 0)) {
    if (Date.now() >= deadline) {
      signalGroup(leader, 'SIGKILL');
      return;
    }
    await sleep(POLL_MS);
  }
}

/** Signals every process of a group, 0 only asks; answers whether there was any. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ESRCH') return false;
    if (code === 'EPERM') return true; // it has become another user's
    throw error;
  }
}

/** A program of the user's, and how it is called. */
export interface CommandOptions {
  /** The program and its arguments, which reach it as they are: no shell reads them. */
  command: readonly string[];
  /** All of its environment. */
  environment: Environment;
  /** What it can read from its standard input. */
  input: string;
  timeoutMs: number;
  /** How long it may take to end once it is asked to. Default 10 s. */
  graceMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Is told its process id. */
  onStart?: ((pid: number) => void) | undefined;
  /** Takes what it prints; without it that goes to our stderr untouched. */
  onOutput?: ((text: string) => void) | undefined;
}

/** How a program of the user's ended. */
export interface CommandResult {
  /** The program and its arguments as they may be shown: without the passwords among them. */
  command: readonly string[];
  /** 128 and the signal's number when a signal ended it, as shells say it. */
  exitCode: number;
  seconds: number;
}

const DEFAULT_GRACE_MS = 10_000;
const SIGNALLED = 128;
const DRAIN_MS = 500;

/**
 * Runs a program without a shell and waits for it; what it prints goes to stderr, for stdout carries our results.
 *
 * It leads a process group of its own. Out of time, or when the signal is aborted, the group is asked to end (SIGTERM)
 * and after a while made to (SIGKILL).
 *
 * @throws Failure when it cannot be started or is out of time; the signal's reason when that was aborted
 */
export async function runCommand(call: CommandOptions): Promise<CommandResult> {
  const { command, timeoutMs, graceMs = DEFAULT_GRACE_MS, signal } = call;
  const startedMs = Date.now();
  const child = start(call);
  if (child.pid !== undefined) call.onStart?.(child.pid);
  const limit = AbortSignal.timeout(timeoutMs);
  const stop = signal ? AbortSignal.any([signal, limit]) : limit;
  let stopped: Promise<void> | undefined;
  const onStop = () => {
    if (child.pid !== undefined) stopped = terminateProcessGroup(child.pid, graceMs);
  };
  stop.addEventListener('abort', onStop, { once: true });
  if (stop.aborted) onStop();
  try {
    const exitCode = await waitForExit(child, command);
    await drainOutput(child);
    await stopped;
    if (stopped && signal?.aborted && signal.reason instanceof Failure) throw signal.reason;
    if (stopped) throw toTimeoutFailure(command, timeoutMs);
    return { command: maskCommand(command), exitCode, seconds: Math.round((Date.now() - startedMs) / 1000) };
  } finally {
    stop.removeEventListener('abort', onStop);
  }
}

function start({ command, environment, input, onOutput }: CommandOptions): ChildProcess {
  const [program = '', ...args] = command;
  try {
    const sink = onOutput ? 'pipe' : 2;
    const child = spawn(program, args, { stdio: ['pipe', sink, sink], detached: true, env: environment });
    for (const output of [child.stdout, child.stderr])
      output?.setEncoding('utf8').on('data', (text: string) => onOutput?.(text));
    // a program need not read what it is told: then its end of the pipe closes early, which is no error
    child.stdin?.on('error', () => undefined).end(input);
    return child;
  } catch (error) {
    throw toStartFailure(program, error);
  }
}

/** Waits a little for what an ended program printed last; what it left running may hold its output open for ever. */
async function drainOutput({ stdout, stderr }: ChildProcess): Promise<void> {
  const open = [stdout, stderr].filter((output) => output !== null).filter((output) => !output.readableEnded);
  const ended = Promise.all(open.map((output) => once(output, 'end')));
  await Promise.race([ended, sleep(DRAIN_MS, undefined, { ref: false })]);
  for (const output of open) output.destroy();
}

function waitForExit(child: ChildProcess, [program = '']: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(toStartFailure(program, error)));
    child.once('exit', (code, killedBy) => {
      resolve(code ?? (killedBy ? SIGNALLED + constants.signals[killedBy] : 1));
    });
  });
}

function toStartFailure(program: string, error: unknown): Failure {
  const why = error instanceof Error ? error.message : String(error);
  return new Failure('failed', `"${program}" could not be started: ${why}`, {
    hint: 'name a program that is there and executable; a script needs its #! line',
    cause: error,
  });
}

function toTimeoutFailure(command: readonly string[], timeoutMs: number): Failure {
  return new Failure(
    'failed',
    `${toShellCommand(maskCommand(command))} did not end within ${formatDuration(timeoutMs)} and was stopped`,
    {
      code: 'TIMED_OUT',
      hint: 'give it longer with --exec-timeout, as in --exec-timeout 12h',
    },
  );
}
