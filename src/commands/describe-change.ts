import { describeStrip, drawStrip } from '../cli/coverage-strip.js';
import { formatLegend, type Drawing } from '../cli/drawing.js';
import { drawAxis } from '../cli/time-axis.js';
import { HOUR_MS, MINUTE_MS } from '../core/minute.js';
import type { BackfillSummary, BeforeAndAfter } from '../jobs/backfill.js';
import type { JobOptions, SymbolOutcome } from '../jobs/result.js';

const LABEL_WIDTH = 'before  '.length;
const LONGEST_SYMBOL = 20;
/** Fewer parts than these show nothing. */
const FEWEST_PARTS = 8;
const DAY_MS = 24 * HOUR_MS;

/** How many parts of a range fit on the terminal beside its symbols; undefined without one. */
export function countParts({ screen }: Drawing, symbols: JobOptions['symbols']): number | undefined {
  if (!screen) return undefined;
  const longest = symbols === 'all' ? LONGEST_SYMBOL : Math.max(...symbols.map((symbol) => symbol.length));
  const room = screen.columns - longest - 2 - LABEL_WIDTH;
  return room >= FEWEST_PARTS ? room : undefined;
}

/** The coverage of the range before and after, two lines a symbol; one where nothing changed. */
export function describeChange(outcomes: readonly SymbolOutcome<BackfillSummary>[], drawing: Drawing): string[] {
  const covered = outcomes.flatMap(({ symbol, summary }) =>
    summary?.coverage ? [{ symbol, coverage: summary.coverage }] : [],
  );
  const [first] = covered;
  if (!first || !drawing.screen) return [];
  const { partMs, before } = first.coverage;
  const indent = Math.max(...covered.map(({ symbol }) => symbol.length)) + 2;
  const title = `coverage, ${formatLength(partMs)} a character (UTC)`;
  const starts = before.map(({ from }) => from);
  return [
    '',
    ...formatLegend(title, describeStrip(drawing.strip), drawing.screen.columns),
    ' '.repeat(indent + LABEL_WIDTH) + drawAxis(starts, partMs),
    ...covered.flatMap(({ symbol, coverage }) =>
      drawBoth(coverage, drawing).map((line, i) => (i === 0 ? symbol : '').padEnd(indent) + line),
    ),
  ];
}

function drawBoth({ before, after }: BeforeAndAfter, { strip }: Drawing): string[] {
  const [was, is] = [drawStrip(before, strip), drawStrip(after, strip)];
  const lines =
    was === is
      ? ([['now', is]] as const)
      : ([
          ['before', was],
          ['after', is],
        ] as const);
  return lines.map(([label, line]) => label.padEnd(LABEL_WIDTH) + line);
}

/** `5 min`, `2 h`, `3 d`. */
function formatLength(lengthMs: number): string {
  if (lengthMs < HOUR_MS) return `${lengthMs / MINUTE_MS} min`;
  return lengthMs < DAY_MS ? `${lengthMs / HOUR_MS} h` : `${lengthMs / DAY_MS} d`;
}
