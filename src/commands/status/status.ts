import { EXIT_CODES } from '../../core/failure.js';
import { DEFAULTS, LIMITS } from '../../core/limits.js';
import { formatMinute } from '../../core/minute.js';
import type { SymbolOutcome } from '../../jobs/job.js';
import type { StatusResult, StatusSummary } from '../../jobs/status/status.js';
import { WINDOW_MINUTES } from '../../quality/window.js';
import { chooseDrawing, type Drawing } from '../../terminal/drawing.js';
import type { Command } from '../framework/command.js';
import { formatJobText, toSymbolMembers } from '../framework/job-result.js';
import { READ_ONLY_OPTIONS, STORED_SYMBOLS } from '../framework/options/options.js';
import { runJob } from '../framework/run-job.js';
import { describeSources } from './sources.js';
import { describeRetired, describeStates, drawCoverage, formatAge } from './states.js';
import { drawTrade } from './trade.js';

export const statusCommand: Command<StatusResult> = {
  name: 'status',
  description: 'show rows, coverage and gaps of each symbol, and whether its window is ready',
  readOnly: true,
  arguments: [STORED_SYMBOLS],
  options: [
    ['--days <n>', `how far back coverage and gaps are shown (default: ${DEFAULTS.days})`],
    ['--sources', 'also compare the fallback exchanges with Binance'],
    ['--ascii', 'draw with plain characters (so do terminals without UTF-8)'],
    ['--exit-code', 'exit 3 when the window of a symbol is not ready'],
    ...READ_ONLY_OPTIONS,
  ],
  examples: [
    ['chartctl status', 'every symbol in the database; works without Binance'],
    ['chartctl status BTCUSDT --days 30 --ascii', 'a month of coverage, in plain characters'],
    ['chartctl status --exit-code --quiet', 'for a monitor: exit 3 when a window is not ready'],
    ['chartctl status BTCUSDT --sources', 'compare the fallback exchanges over the last 100 minutes'],
  ],
  run: (call) => {
    const { flags } = call;
    const options = { days: flags.count('--days', LIMITS.days), sources: flags.isSet('--sources') };
    return runJob(call, options, async () => (await import('../../jobs/status/status.js')).status);
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: [
        { title: 'last candle', cell: ({ last }) => last && formatMinute(last.minute) },
        { title: 'age', cell: ({ last }) => last && formatAge(last.ageSeconds) },
        { title: `present of ${WINDOW_MINUTES}`, cell: ({ window }) => window.present },
        { title: 'valid', cell: ({ window }) => window.valid },
        { title: 'gaps', cell: ({ gaps }) => gaps.length },
        { title: 'flags', cell: ({ flags }) => flags.rows },
        { title: 'ready', cell: ({ readiness, retired }) => (retired ? 'retired' : readiness.isReady) },
      ],
      conclusion: () => describeSymbols(result.outcomes, chooseDrawing(view.screen, view.flags.isSet('--ascii'))),
    }),
  json: (result) => ({ ...toSymbolMembers(result), clock: result.clock }),
  exitCode: ({ outcomes }) =>
    outcomes.some(({ summary }) => summary && !summary.readiness.isReady && !summary.retired)
      ? EXIT_CODES.incomplete
      : EXIT_CODES.done,
};

/** The lines below the table, of symbols that are not retired unless all are: coverage, prices, sources, gaps, flags, readiness, and the comparison of exchanges. */
function describeSymbols(outcomes: readonly SymbolOutcome<StatusSummary>[], drawing: Drawing): string[] {
  const all = outcomes.flatMap(({ symbol, summary }) => (summary ? [{ symbol, summary }] : []));
  const active = all.filter(({ summary }) => !summary.retired);
  const found = active.length > 0 ? active : all;
  return [
    ...drawCoverage(found, drawing),
    ...drawTrade(found, drawing),
    ...describeStates(found),
    ...describeRetired(all),
    ...describeSources(found.flatMap(({ symbol, summary: { sources } }) => (sources ? [{ symbol, sources }] : []))),
  ];
}
