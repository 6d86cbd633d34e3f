import { formatMinute } from '../../core/minute.js';
import type { SourcesReport, VenueReport } from '../../jobs/status/compare-sources.js';
import type { VenueComparison } from '../../quality/compare-venues.js';
import { type Column, formatTable } from '../../terminal/table.js';
import { formatCount } from '../../terminal/text.js';

/** A symbol with the comparison of the fallback exchanges with Binance. */
interface SymbolSources {
  symbol: string;
  sources: SourcesReport;
}

type VenueRow = VenueReport & { symbol: string };

const COLUMNS: readonly Column<VenueRow>[] = [
  { title: 'symbol', cell: ({ symbol }) => symbol },
  { title: 'exchange', cell: ({ exchange }) => exchange },
  { title: 'minutes', cell: ({ comparison }) => comparison?.minutes },
  { title: 'offset', cell: ({ comparison }) => comparison && formatBp(comparison.offsetBp), isRight: true },
  { title: 'median', cell: ({ comparison }) => comparison && formatBp(comparison.medianBp), isRight: true },
  { title: 'max', cell: ({ comparison }) => comparison && formatBp(comparison.maxBp), isRight: true },
  { title: 'volume', cell: ({ comparison }) => comparison && formatRatio(comparison) },
  { title: 'trusted', cell: ({ comparison, distrust }) => comparison && distrust === null },
];

/** The fallback exchanges compared with Binance: price differences in basis points, and volume ratios. */
export function describeSources(found: readonly SymbolSources[], lineWidth?: number): string[] {
  if (found.length === 0) return [];
  const rows = found.flatMap(({ symbol, sources }) => sources.venues.map((venue) => ({ symbol, ...venue })));
  const compared = rows.filter((row) => row.comparison);
  const problems = rows.flatMap(({ symbol, exchange, problem, distrust }) => [
    ...(problem ? [`${symbol}: ${problem}`] : []),
    ...(distrust ? [`${symbol}: ${exchange} is not used: ${distrust}`] : []),
  ]);
  return [
    '',
    'fallback exchanges compared with Binance: differences of closes in basis points, volume of a typical minute',
    ...(compared.length > 0 ? formatTable(COLUMNS, compared, { columns: lineWidth }).trimEnd().split('\n') : []),
    ...(rows.length > 0 ? problems : ['no fallback exchange is configured']),
    ...found.flatMap(describeStored),
  ];
}

/** The stored rows of fallback exchanges, compared with Binance's candles of these minutes. */
function describeStored({ symbol, sources }: SymbolSources): string[] {
  const { rows, comparison, replaceable, otherMarket } = sources.stored;
  if (rows === 0) return [];
  const stored = `${symbol}: ${formatCount(rows)} stored rows are from fallback exchanges`;
  if (!comparison || !replaceable) return [`${stored}; Binance has none of these minutes`];
  const { minutes, offsetBp, medianBp, maxBp } = comparison;
  return [
    `${stored}; Binance has ${formatCount(minutes)} of these minutes:`,
    `  offset ${formatBp(offsetBp)}, median ${formatBp(medianBp)}, max ${formatBp(maxBp)}, volume ${formatRatio(comparison)}`,
    ...(otherMarket.length > 0
      ? [`  ${formatCount(otherMarket.length)} of them are another market's, first ${formatMinute(otherMarket[0]!)}`]
      : []),
    `  to replace them: chartctl backfill ${symbol} --replace-fallback --from ${formatMinute(replaceable.from)} --to ${formatMinute(replaceable.to)}`,
  ];
}

function formatBp(basisPoints: number): string {
  return `${basisPoints.toFixed(1)} bp`;
}

/** `0.0024 (1/420)`: small ratios also as a fraction. */
function formatRatio({ volumeRatio }: VenueComparison): string {
  if (volumeRatio === null) return '-';
  const part = volumeRatio > 0 && volumeRatio < 0.5 ? ` (1/${Math.round(1 / volumeRatio)})` : '';
  return `${Number(volumeRatio.toPrecision(2))}${part}`;
}
