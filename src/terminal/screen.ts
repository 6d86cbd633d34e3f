import { Chalk, type ChalkInstance } from 'chalk';
import { platform as currentPlatform } from 'node:os';
import type { Environment, Io } from '../core/io.js';

/** A terminal on which a person reads results. */
export interface Screen {
  /** Its width in characters. */
  columns: number;
  /** Whether it shows characters beyond ASCII. */
  isUnicode: boolean;
}

/** What a terminal is taken for that does not tell its width. */
const DEFAULT_COLUMNS = 80;

/** The terminal that standard output goes to; undefined for a pipe or a file. */
export function readScreen(
  { stdout, env, isTerminal }: Pick<Io, 'stdout' | 'env' | 'isTerminal'>,
  platform: NodeJS.Platform = currentPlatform(),
): Screen | undefined {
  if (!isTerminal.stdout) return undefined;
  const told = 'columns' in stdout && typeof stdout.columns === 'number' ? stdout.columns : 0;
  return { columns: told > 0 ? told : DEFAULT_COLUMNS, isUnicode: supportsUnicode(env, platform) };
}

/** By the locale, of which `LC_ALL` wins over `LC_CTYPE` and that over `LANG`; Windows has none and speaks it. */
function supportsUnicode({ LC_ALL, LC_CTYPE, LANG }: Environment, platform: NodeJS.Platform): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG;
  return locale ? /utf-?8/i.test(locale) : platform === 'win32';
}

/** Colours for one stream: none for `NO_COLOR`, `--no-color`, or when no person watches. */
export function createPaint(isTerminal: boolean, environment: Environment, isWanted: boolean): ChalkInstance {
  const isColoured = isTerminal && isWanted && !environment.NO_COLOR && environment.TERM !== 'dumb';
  return new Chalk({ level: isColoured ? 1 : 0 });
}
