import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { createProgram } from './program.js';

/** The program with every command, to be looked at and not to be run: its world is empty. */
export function declareAll(): Command {
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  const io = {
    stdout: nowhere(),
    stderr: nowhere(),
    env: {},
    cwd: '.',
    program: { node: 'node', script: 'chartctl' },
    isTerminal: { stdout: false, stderr: false },
    signal: new AbortController().signal,
  };
  return createProgram({ io, finish: () => undefined }, () => undefined);
}
