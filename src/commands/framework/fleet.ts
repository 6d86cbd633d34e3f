import { quoteForShell } from '../../core/shell-words.js';
import type { SymbolOutcome } from '../../jobs/job.js';
import { listNames, MAX_NAMES } from '../../terminal/names.js';
import { displayWidth } from '../../terminal/text.js';
import type { Flags } from './options/flags.js';

/** From so many symbols on, a result has totals, and its findings are summed up. */
export const MIN_FLEET = 4;

/** A table of at most so many symbols is shown whole; of more, these many rows. */
const [WHOLE_TABLE_ROWS, SHORT_TABLE_ROWS] = [20, 10];

/** The rows that the table of so many symbols has, unless all are asked for. */
export function chooseRows(symbols: number): number {
  return symbols > WHOLE_TABLE_ROWS ? SHORT_TABLE_ROWS : symbols;
}

/**
 * Symbols as arguments of a command that is printed: five names at most, else the file that the call read them from, or
 * `--all`. The commands of remedies leave alone what is right already.
 */
export function toSymbolArguments(symbols: readonly string[], flags: Pick<Flags, 'text'>): string {
  if (symbols.length <= MAX_NAMES) return symbols.join(' ');
  const file = flags.text('--symbols-file');
  return file === undefined || file === '-' ? '--all' : `--symbols-file ${quoteForShell(file)}`;
}

/** What each symbol was to reach, for the last line of a command over several symbols. */
export interface Goal<Summary> {
  /** As in "18 of 20 ready". */
  word: string;
  /** A symbol that is retired, or that Binance does not trade, does not count. */
  isReached: (summary: Summary) => boolean | 'retired' | 'halted';
  /** Names the symbols that reached it instead of the others, as in "2 of 20 due: BTCUSDT ETHUSDT". */
  namesReached?: boolean;
}

/** `18 of 20 ready, 2 not: ADAUSDT SOLUSDT, 12.3 s`; nothing for a single symbol. */
export function formatClosingLine<Summary>(
  outcomes: readonly SymbolOutcome<Summary>[],
  { word, isReached, namesReached = false }: Goal<Summary>,
  { seconds, columns = Infinity }: { seconds: number | undefined; columns: number | undefined },
): string[] {
  if (outcomes.length < 2) return [];
  const names: Record<'reached' | 'missed' | 'failed' | 'retired' | 'halted', string[]> = {
    reached: [],
    missed: [],
    failed: [],
    retired: [],
    halted: [],
  };
  for (const { symbol, summary } of outcomes) {
    const reached = summary === undefined ? 'failed' : isReached(summary);
    names[reached === true ? 'reached' : reached === false ? 'missed' : reached].push(symbol);
  }
  const { reached, missed, failed, retired, halted } = names;
  const total = outcomes.length - retired.length - halted.length;
  const count = `${reached.length} of ${total} ${word}`;
  const format = (maxNames: number) =>
    [
      namesReached && reached.length > 0 ? `${count}: ${listNames(reached, maxNames)}` : count,
      ...(missed.length > 0 && !namesReached ? [`${missed.length} not: ${listNames(missed, maxNames)}`] : []),
      ...(failed.length > 0 ? [`${failed.length} failed: ${listNames(failed, maxNames)}`] : []),
      ...(halted.length > 0 ? [`${halted.length} halted`] : []),
      ...(retired.length > 0 ? [`${retired.length} retired`] : []),
      ...(seconds === undefined ? [] : [`${seconds.toFixed(1)} s`]),
    ].join(', ');
  for (let maxNames = MAX_NAMES; maxNames > 1; maxNames -= 1) {
    if (displayWidth(format(maxNames)) <= columns) return [format(maxNames)];
  }
  return [format(1)];
}
