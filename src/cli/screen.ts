import { platform as currentPlatform } from 'node:os';
import type { Environment } from '../core/config.js';
import type { Io } from './io.js';

/** A terminal on which a person reads results. */
export interface Screen {
  /** Its width in characters. */
  columns: number;
  /** Whether it shows characters beyond ASCII. */
  isUnicode: boolean;
}

/** What a terminal is taken for that does not tell its width. */
const USUAL_COLUMNS = 80;

/** The terminal that standard output goes to; undefined for a pipe or a file. */
export function readScreen(
  { stdout, env, isTerminal }: Pick<Io, 'stdout' | 'env' | 'isTerminal'>,
  platform: NodeJS.Platform = currentPlatform(),
): Screen | undefined {
  if (!isTerminal.stdout) return undefined;
  const told = 'columns' in stdout && typeof stdout.columns === 'number' ? stdout.columns : 0;
  return { columns: told > 0 ? told : USUAL_COLUMNS, isUnicode: speaksUnicode(env, platform) };
}

/** By the locale, of which `LC_ALL` wins over `LC_CTYPE` and that over `LANG`; Windows has none and speaks it. */
function speaksUnicode({ LC_ALL, LC_CTYPE, LANG }: Environment, platform: NodeJS.Platform): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG;
  return locale ? /utf-?8/i.test(locale) : platform === 'win32';
}
