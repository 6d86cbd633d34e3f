import { MINUTE_MS } from '../../core/minute.js';
import { countMinutes } from '../../core/range.js';
import type { FlagRecord } from '../../rows/row-state.js';
import { formatCount, formatFigure, NO_VALUE } from '../format-figures.js';
import type { Markup } from '../markup.js';
import { describeJoined, joinStretches, type Stretch } from './join-stretches.js';
import { linkToPlace, type TablePlace } from './place-link.js';
import { renderNothing, renderTable, type Table } from './table.js';

type FlagMinute = FlagRecord & { from: number; to: number };
type FlagRow = Stretch<FlagMinute> & { place: TablePlace };

export const FLAG_TABLE: Table<FlagRow> = {
  name: 'flags',
  columns: [
    { title: 'Minutes', cell: ({ place, ...stretch }) => linkToPlace(place, stretch) },
    { title: 'Flagged', kind: 'number', cell: formatMinutes },
    { title: 'Rule', cell: ({ items }) => items[0]!.rule },
    { title: 'Value', kind: 'number', cell: ({ items }) => formatSpan(items.map(({ value }) => value)) },
    { title: 'Threshold', kind: 'number', cell: ({ items }) => formatSpan(items.map(({ threshold }) => threshold)) },
    { title: 'State', cell: ({ items }) => formatState(items[0]!) },
    { title: 'Reason', kind: 'text', cell: formatReasons },
  ],
};

/** Flags of one rule and one state on consecutive minutes are one row. */
export function renderFlags(flags: readonly FlagRecord[], place: TablePlace): Markup {
  if (flags.length === 0) return renderNothing('No row of the range was ever flagged.');
  const minutes = flags.map((flag) => ({ ...flag, from: flag.minute, to: flag.minute + MINUTE_MS }));
  const { joined, stretches } = joinStretches(minutes, { kindOf: (flag) => `${flag.rule} ${formatState(flag)}` });
  const caption = `Flags on rows of the range, open and settled (UTC)${describeJoined('flags', joined)}`;
  return renderTable(
    FLAG_TABLE,
    caption,
    stretches.map((stretch) => ({ ...stretch, place })),
  );
}

/** `72 minutes`; `13 of 171 minutes` where flags that do not touch are joined. */
function formatMinutes({ items, ...stretch }: FlagRow): string {
  const whole = countMinutes(stretch);
  if (whole === items.length) return `${formatCount(whole)} ${whole === 1 ? 'minute' : 'minutes'}`;
  return `${formatCount(items.length)} of ${formatCount(whole)} minutes`;
}

function formatState({ state, isKept }: FlagRecord): string {
  return isKept ? `${state}, kept flagged` : state;
}

/** `763.8`, or the least and the greatest of several. */
function formatSpan(values: readonly (number | null)[]): string {
  const found = values.filter((value) => value !== null);
  if (found.length === 0) return NO_VALUE;
  const [least, most] = [found.reduce((a, b) => Math.min(a, b)), found.reduce((a, b) => Math.max(a, b))];
  return least === most ? formatFigure(least) : `${formatFigure(least, 4)} – ${formatFigure(most, 4)}`;
}

/** The reason, of several the first one and how many there are. */
function formatReasons({ items }: FlagRow): string {
  const reasons = [...new Set(items.map(({ reason }) => reason ?? NO_VALUE))];
  return reasons.length > 1 ? `${reasons[0]}, and ${formatCount(reasons.length - 1)} like it` : reasons[0]!;
}
