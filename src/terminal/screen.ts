import { platform as currentPlatform } from 'node:os';
import { Chalk, type ChalkInstance } from 'chalk';
import type { Environment, Io } from '../core/io.js';

/** The terminal that standard output goes to. */
export interface Screen {
  /** Its width in characters. */
  columns: number;
  /** Whether it shows characters beyond ASCII. */
  isUnicode: boolean;
}

/** The width of a terminal that does not report one. */
const DEFAULT_COLUMNS = 80;

/** The terminal that standard output goes to; undefined for a pipe or a file. */
export function readScreen(
  { stdout, env, isTerminal }: Pick<Io, 'stdout' | 'env' | 'isTerminal'>,
  platform: NodeJS.Platform = currentPlatform(),
): Screen | undefined {
  const columns = readColumns(stdout, isTerminal.stdout);
  return columns === undefined ? undefined : { columns, isUnicode: supportsUnicode(env, platform) };
}

/** The width of a terminal; undefined for a pipe or a file. */
export function readColumns(stream: NodeJS.WritableStream, isTerminal: boolean): number | undefined {
  if (!isTerminal) return undefined;
  const columns = 'columns' in stream && typeof stream.columns === 'number' ? stream.columns : 0;
  return columns > 0 ? columns : DEFAULT_COLUMNS;
}

/** By the locale: `LC_ALL` wins over `LC_CTYPE`, that over `LANG`. Windows has no locale variables and shows Unicode. */
function supportsUnicode({ LC_ALL, LC_CTYPE, LANG }: Environment, platform: NodeJS.Platform): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG;
  return locale ? /utf-?8/i.test(locale) : platform === 'win32';
}

/** Colours for one stream: none with `NO_COLOR` or `--no-color`, and none where it is not a terminal. */
export function createPaint(isTerminal: boolean, environment: Environment, isWanted: boolean): ChalkInstance {
  const isColoured = isTerminal && isWanted && !environment.NO_COLOR && environment.TERM !== 'dumb';
  return new Chalk({ level: isColoured ? 1 : 0 });
}
