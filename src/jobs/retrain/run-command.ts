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

/** A program to run. */
export interface CommandOptions {
  /** The program and its arguments; they are not interpreted by a shell. */
  command: readonly string[];
  /** The complete environment of the program. */
  environment: Environment;
  /** The program's standard input. */
  input: string;
  timeoutMs: number;
  /** The time between SIGTERM and SIGKILL. Default 10 s. */
  graceMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called with the process id. */
  onStart?: ((pid: number) => void) | undefined;
  /** Receives the output of the program; by default it goes to stderr unchanged. */
  onOutput?: ((text: string) => void) | undefined;
}

/** How a program ended. */
export interface CommandResult {
  /** The program and its arguments with passwords masked. */
  command: readonly string[];
  /** 128 + the signal's number if a signal ended the program. */
  exitCode: number;
  seconds: number;
}

const DEFAULT_GRACE_MS = 10_000;
/** How often to check whether the process group has ended. */
const POLL_MS = 50;
/** Shells report 128 + the signal's number as the exit code of a program that a signal ended. */
const SIGNAL_EXIT_BASE = 128;
/** How long to wait for the output of a program that has ended. */
const DRAIN_MS = 500;

/**
 * Runs a program without a shell and waits for it. Its output goes to stderr because stdout carries the results of the
 * command.
 *
 * The program runs in its own process group. At the timeout or when the signal is aborted, the group gets SIGTERM and,
 * after `graceMs`, SIGKILL.
 *
 * @throws Failure if the program cannot be started or times out; the signal's reason if it is aborted
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
    // EPIPE is not an error: the program may end without reading its input
    child.stdin?.on('error', () => undefined).end(input);
    return child;
  } catch (error) {
    throw toStartFailure(program, error);
  }
}

/** Waits for the last output of a program that has ended. A process that it left running may keep the output open. */
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
      resolve(code ?? (killedBy ? SIGNAL_EXIT_BASE + constants.signals[killedBy] : 1));
    });
  });
}

function toStartFailure(program: string, error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return new Failure('failed', `"${program}" could not be started: ${reason}`, {
    hint: 'expected an executable file; a script needs a #! line',
    cause: error,
  });
}

function toTimeoutFailure(command: readonly string[], timeoutMs: number): Failure {
  return new Failure(
    'failed',
    `${toShellCommand(maskCommand(command))} did not end within ${formatDuration(timeoutMs)} and was stopped`,
    {
      code: 'TIMED_OUT',
      hint: 'set a longer limit, such as --exec-timeout 12h',
    },
  );
}

/**
 * Ends a process group: SIGTERM, then SIGKILL if a process is left after `graceMs`.
 *
 * @param leader the process id of the group's leader
 */
async function terminateProcessGroup(leader: number, graceMs: number): Promise<void> {
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

/** Sends a signal to every process of a group (0 sends none); returns whether the group has any process. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ESRCH') return false;
    if (code === 'EPERM') return true; // the process runs as another user
    throw error;
  }
}
