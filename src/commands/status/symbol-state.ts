import { formatGapReason } from '../../core/known-gap.js';
import { formatSpan } from '../../core/range.js';
import type { StatusSummary } from '../../jobs/status/status-summary.js';
import type { ListedGap } from '../../quality/gaps.js';
import { formatCount } from '../../terminal/text.js';

/** A symbol with its status. */
export interface SymbolState {
  symbol: string;
  summary: StatusSummary;
}

/** A gap as one line: equal for the symbols that have it in common. */
export function describeGap({ cause, haltedMinutes, kind, ...range }: ListedGap): string {
  const why = cause === null ? 'Binance was not asked yet' : formatGapReason({ cause, haltedMinutes });
  return `${formatSpan(range)} ${kind}: ${why}`;
}

/** `volume_spike 1,022, external 3`. */
export function formatFlags(byRule: Readonly<Record<string, number>>): string | null {
  const rules = Object.entries(byRule).map(([rule, rows]) => `${rule} ${formatCount(rows)}`);
  return rules.length > 0 ? rules.join(', ') : null;
}

/** A coarse age: `45 s`, `12 min`, `5 h`, `3 d`. */
export function formatAge(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
