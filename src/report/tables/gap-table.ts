import { MINUTE_MS } from '../../core/minute.js';
import { sumMinutes } from '../../core/range.js';
import { formatCount, formatDuration, formatTime, NO_VALUE } from '../format-figures.js';
import type { Markup } from '../markup.js';
import type { ReportGap, ReportWindow } from '../report-data.js';
import { describeJoined, joinStretches, type Stretch } from './join-stretches.js';
import { linkToPlace, type TablePlace } from './place-link.js';
import { renderNothing, renderTable, type Table } from './table.js';

type GapRow = Stretch<ReportGap> & { place: TablePlace };

export const GAP_TABLE: Table<GapRow> = {
  name: 'gaps',
  columns: [
    { title: 'Minutes', cell: ({ place, ...stretch }) => linkToPlace(place, stretch) },
    { title: 'Length', kind: 'number', cell: formatLength },
    { title: 'Cause', kind: 'text', cell: ({ items }) => items[0]!.cause },
    { title: 'Kind', cell: ({ items }) => items[0]!.kind },
    {
      title: 'Next request',
      cell: ({ items }) => {
        const times = items.flatMap(({ askAgainAt }) => askAgainAt ?? []);
        return times.length > 0 ? formatTime(Math.min(...times)) : NO_VALUE;
      },
    },
  ],
};

export function renderGaps(gaps: readonly ReportGap[], place: TablePlace): Markup {
  if (gaps.length === 0) return renderNothing('Every minute of the range has a row.');
  const { joined, stretches } = joinStretches(gaps, { kindOf: ({ kind, cause }) => `${kind} ${cause}` });
  const caption = `Minutes of the range without a row (UTC)${describeJoined('gaps', joined)}`;
  return renderTable(
    GAP_TABLE,
    caption,
    stretches.map((stretch) => ({ ...stretch, place })),
  );
}

/** `80 min`; `143 min in 120 gaps` where gaps are joined. */
function formatLength({ from, to, items }: GapRow): string {
  if (sumMinutes(items) * MINUTE_MS === to - from) return formatDuration(to - from);
  return `${formatDuration(sumMinutes(items) * MINUTE_MS)} in ${formatCount(items.length)} gaps`;
}

type BlockerRow = Stretch<ReportWindow['blockers'][number]> & { place: TablePlace };

export const BLOCKER_TABLE: Table<BlockerRow> = {
  name: 'blockers',
  columns: [
    { title: 'Minutes', cell: ({ place, ...stretch }) => linkToPlace(place, stretch) },
    {
      title: 'Count',
      kind: 'number',
      cell: ({ items }) => formatCount(items.reduce((sum, { minutes }) => sum + minutes, 0)),
    },
    { title: 'Reason', kind: 'text', cell: ({ items }) => items[0]!.reason },
  ],
};

export function renderBlockers({ blockers }: ReportWindow, place: TablePlace): Markup {
  const { joined, stretches } = joinStretches(blockers, { kindOf: ({ reason }) => reason });
  const caption = `What keeps the window from being ready (UTC)${describeJoined('minutes', joined)}`;
  return renderTable(
    BLOCKER_TABLE,
    caption,
    stretches.map((stretch) => ({ ...stretch, place })),
  );
}
