import { foldText } from './fold.js';
import { formatCount } from './text.js';

/** Names that a line lists; the others are counted. */
export const MAX_NAMES = 5;

/** A text and the names, such as symbols, that it is about. */
export interface Group {
  text: string;
  names: string[];
}

/**
 * Each text once, with the names of all items that have it: an outage is one line, not one for each symbol. The order is
 * that of the first items.
 */
export function groupByText<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  textsOf: (item: Item) => readonly string[],
): Group[] {
  const groups = new Map<string, string[]>();
  for (const item of items) {
    for (const text of textsOf(item)) {
      const names = groups.get(text) ?? [];
      if (names.at(-1) !== nameOf(item)) names.push(nameOf(item));
      groups.set(text, names);
    }
  }
  return [...groups].map(([text, names]) => ({ text, names }));
}

/** The groups with the most names first. */
export function sortLargestFirst(groups: readonly Group[]): Group[] {
  return [...groups].sort((a, b) => b.names.length - a.names.length);
}

/** `A B C D E and 197 more`. */
export function listNames(names: readonly string[], max = MAX_NAMES): string {
  const hidden = names.length - max;
  // one more name is no longer than the count of it
  return hidden > 1 ? `${names.slice(0, max).join(' ')} and ${formatCount(hidden)} more` : names.join(' ');
}

/** The text and its names: on one line if it fits, else the names in lines below. */
export function formatGroup({ text, names }: Group, columns: number, maxNames = MAX_NAMES): string[] {
  const listed = listNames(names, maxNames);
  const line = foldText(`  ${text}: ${listed}`, columns);
  if (line.length === 1) return line;
  return [...foldText(`  ${text}`, columns, '    '), ...foldText(`    ${listed}`, columns, '    ')];
}

/** The cells that ` +199` takes. */
export const MAX_COUNT_WIDTH = 5;

/** `BTCUSDT +8`: beside a drawing that nine symbols have. */
export function abbreviate(names: readonly string[]): string {
  return names.length > 1 ? `${names[0]} +${names.length - 1}` : (names[0] ?? '');
}
