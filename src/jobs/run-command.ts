import { spawn } from 'node:child_process';
import { Failure } from '../core/failure.js';
import type { StoreContext } from './context.js';

/** How a program of the user's ended. */
export interface CommandEnd {
  command: string[];
  exitCode: number;
}

/** What a shell answers for a program that a signal ended. */
const SIGNALLED = 128;

/**
 * Runs a program without a shell and waits for it; what it prints goes to stderr, for stdout carries our results.
 *
 * @throws Failure when it cannot be started
 */
export function runCommand(command: readonly string[], { signal }: StoreContext): Promise<CommandEnd> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 2, 2], ...(signal && { signal, killSignal: 'SIGTERM' }) });
    child.on('error', (error) => {
      if (signal?.aborted) return;
      reject(
        new Failure('failed', `"${program}" could not be started: ${error.message}`, {
          hint: 'check --exec',
          cause: error,
        }),
      );
    });
    child.on('close', (code, killedBy) => {
      if (signal?.aborted && signal.reason instanceof Failure) reject(signal.reason);
      else resolve({ command: [...command], exitCode: code ?? (killedBy ? SIGNALLED : 1) });
    });
  });
}
