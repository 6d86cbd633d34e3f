import type { SourcesReport, VenueReport } from '../../jobs/status/compare-sources.js';
import { groupBy } from '../../core/group-by.js';
import { formatMinute } from '../../core/minute.js';
import { listNames } from '../../terminal/names.js';
import { type Column, formatTable } from '../../terminal/table.js';
import { formatCount } from '../../terminal/text.js';
import type { View } from '../framework/command.js';
import { toSymbolArguments } from '../framework/fleet.js';

/** A symbol with the comparison of the fallback exchanges with Binance. */
interface SymbolSources {
  symbol: string;
  sources: SourcesReport;
}

type VenueRow = VenueReport & { symbol: string };

/** A fallback exchange over all symbols. */
interface VenueSummary {
  exchange: string;
  compared: readonly VenueRow[];
  /** The symbol whose closes differ the most. */
  worst: VenueRow | undefined;
}

const COLUMNS: readonly Column<VenueSummary>[] = [
  { title: 'exchange', cell: ({ exchange }) => exchange },
  { title: 'compared', cell: ({ compared }) => compared.length, isKept: true },
  {
    title: 'trusted',
    cell: ({ compared }) => compared.filter(({ distrust }) => distrust === null).length,
    isKept: true,
  },
  { title: 'most', cell: ({ worst }) => worst && `${worst.comparison!.medianBp.toFixed(1)} bp`, isRight: true },
  { title: 'in', cell: ({ worst }) => worst?.symbol },
];

/** The fallback exchanges of many symbols compared with Binance: a line for each exchange, and what is not right. */
export function describeFleetSources(found: readonly SymbolSources[], { columns, flags }: View): string[] {
  if (found.length === 0) return [];
  const title = 'fallback exchanges compared with Binance: median difference of closes';
  const rows = found.flatMap(({ symbol, sources }) => sources.venues.map((venue) => ({ symbol, ...venue })));
  if (rows.length === 0) return ['', title, 'no fallback exchange is configured'];
  const venues = [...groupBy(rows, ({ exchange }) => exchange)].map(([exchange, own]) => {
    const compared = own.filter(({ comparison }) => comparison);
    return { exchange, compared, worst: compared.toSorted((a, b) => medianOf(b) - medianOf(a))[0] };
  });
  return [
    '',
    title,
    ...formatTable(COLUMNS, venues, { columns }).trimEnd().split('\n'),
    ...describeProblems(rows),
    ...describeStored(found, flags),
  ];
}

function medianOf({ comparison }: VenueRow): number {
  return comparison?.medianBp ?? 0;
}

/** `not used, such as BTCUSDT: kraken: its closes differ by 80 bp`; the table counts the others. */
function describeProblems(rows: readonly VenueRow[]): string[] {
  const first = rows.find(({ problem, distrust }) => problem ?? distrust);
  return first ? [`not used, such as ${first.symbol}: ${first.exchange}: ${first.problem ?? first.distrust}`] : [];
}

function describeStored(found: readonly SymbolSources[], flags: View['flags']): string[] {
  const having = found.filter(({ sources }) => sources.stored.rows > 0);
  if (having.length === 0) return [];
  const rows = having.reduce((sum, { sources }) => sum + sources.stored.rows, 0);
  const symbols = having.map(({ symbol }) => symbol);
  const stored = `stored rows from fallback exchanges: ${formatCount(rows)} in ${listNames(symbols, 2)}`;
  const replaceable = having.flatMap(({ symbol, sources }) =>
    sources.stored.replaceable ? [{ symbol, ...sources.stored.replaceable }] : [],
  );
  if (replaceable.length === 0) return [`${stored}; Binance has none of these minutes`];
  const names = toSymbolArguments(
    replaceable.map(({ symbol }) => symbol),
    flags,
  );
  const from = formatMinute(Math.min(...replaceable.map((range) => range.from)));
  const to = formatMinute(Math.max(...replaceable.map((range) => range.to)));
  return [stored, `  to replace them: chartctl backfill ${names} --replace-fallback --from ${from} --to ${to}`];
}
