import { Chalk, type ChalkInstance } from 'chalk';
import type { Environment } from '../core/config.js';

/** Colours for one stream: none for `NO_COLOR`, `--no-color`, or when no person watches. */
export function createPaint(isTerminal: boolean, environment: Environment, isWanted: boolean): ChalkInstance {
  const isColoured = isTerminal && isWanted && !environment.NO_COLOR && environment.TERM !== 'dumb';
  return new Chalk({ level: isColoured ? 1 : 0 });
}
