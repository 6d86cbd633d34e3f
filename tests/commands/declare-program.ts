import type { Command } from 'commander';
import { createProgram } from '../../src/commands/program.js';
import { CapturedStream } from '../cli/captured-stream.js';

/** The program with every command declared, to be looked at. */
export function declareProgram(): Command {
  const io = {
    stdout: new CapturedStream(),
    stderr: new CapturedStream(),
    env: {},
    cwd: '.',
    program: { node: 'node', script: 'chartctl' },
    isTerminal: { stdout: false, stderr: false },
    signal: new AbortController().signal,
  };
  return createProgram({ io, finish: () => undefined }, () => undefined);
}
