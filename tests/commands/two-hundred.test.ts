import * as assert from 'uvu/assert';
import type { CommandResult, Command, View } from '../../src/commands/framework/command.js';
import { Flags } from '../../src/commands/framework/options/flags.js';
import { listCommand } from '../../src/commands/list.js';
import { statusCommand } from '../../src/commands/status/status.js';
import { HOUR_MS, MINUTE_MS } from '../../src/core/minute.js';
import type { StatusSummary } from '../../src/jobs/status/status-summary.js';
import type { ListedGap } from '../../src/quality/gaps.js';
import { createPaint } from '../../src/terminal/screen.js';
import { displayWidth } from '../../src/terminal/text.js';
import { group } from '../harness/group.js';

const NOW = Date.parse('2025-06-01T12:00:00Z');
const WIDTHS = [80, 100, 120];
const MAX_LINES = 40;

/** A symbol of which nothing is as of another one: its own hole, its own flags, its own age. */
function stateOf(i: number): StatusSummary {
  const gap = { from: NOW - (300 + i) * MINUTE_MS, to: NOW - (299 + (i % 7)) * MINUTE_MS };
  const reason = ['missing', 'flagged: volume_spike', `warming up after gap ${i}`, 'unsound candle'][i % 4]!;
  const remedy = (['backfill', 'clean', 'wait or fill', 'ingest'] as const)[i % 4]!;
  const blockers = [{ ...gap, minutes: 1 + i, reason, remedy }];
  return {
    last: { minute: NOW - i * MINUTE_MS, ageSeconds: i * 60 },
    window: {
      from: NOW - 600 * MINUTE_MS,
      to: NOW,
      minutes: 600,
      present: 600 - i,
      valid: 500 - i,
      bySource: { FALLBACK: i },
    },
    readiness: { isReady: false, blockers, holes: blockers, isOnlyTimeMissing: false, readyFrom: NOW + i * MINUTE_MS },
    coverage: Array.from({ length: 72 }, (_, h) => ({
      from: NOW + (h - 72) * HOUR_MS,
      minutes: 60,
      rows: 60,
      valid: (h * i) % 61,
    })),
    trade: [],
    gaps: [{ ...gap, minutes: 1, kind: 'interior', cause: 'unknown', haltedMinutes: i, askAgainAt: NOW }],
    olderGaps: i,
    flags: { rows: i, byRule: { volume_spike: i, price_jump: 1 } },
    beyondClock: i % 20 === 1 ? { rows: i, first: NOW, last: NOW + i * MINUTE_MS } : null,
    retired: i % 50 === 3 ? { retiredAt: new Date(NOW), reason: 'delisted' } : null,
  };
}

/** A gap so many minutes earlier. */
function moved(gap: ListedGap, minutes: number): ListedGap {
  return { ...gap, from: gap.from - minutes * MINUTE_MS, to: gap.to - minutes * MINUTE_MS };
}

/** Two lines are left for notes. */
function checkSize(lines: readonly string[], columns: number): void {
  assert.ok(lines.length <= MAX_LINES - 2, `${columns}: ${lines.length}\n${lines.join('\n')}`);
  assert.equal(
    lines.filter((line) => displayWidth(line) > columns),
    [],
  );
}

const SYMBOLS = Array.from({ length: 202 }, (_, i) => `COIN${String(i).padStart(3, '0')}USDT`);

function viewOf(columns: number | undefined, flags: Record<string, unknown> = {}): View {
  const screen = columns === undefined ? undefined : { columns, isUnicode: true };
  const paint = createPaint(false, {}, false);
  return { paint, columns, screen, verbose: flags.verbose === true, seconds: 1.2, flags: new Flags(flags, '/') };
}

function render<Result extends CommandResult>(command: Command<Result>, result: Result, view: View): string[] {
  return command.text(result, view).trimEnd().split('\n');
}

group('two hundred symbols that have nothing in common', (test) => {
  const outcomes = SYMBOLS.map((symbol, i) => ({ symbol, summary: stateOf(i) }));
  const clock = { minute: NOW, source: 'exchange' as const };
  const result = { jobId: null, exitCode: 0 as const, outcomes, counts: {}, clock };

  test('status fits every width, and 40 lines, also in a pipe', () => {
    for (const columns of [...WIDTHS, undefined]) {
      const lines = render(statusCommand, result, viewOf(columns));
      assert.ok(lines.length <= MAX_LINES, `${columns}: ${lines.length}\n${lines.join('\n')}`);
      assert.equal(
        lines.filter((line) => displayWidth(line) > (columns ?? Infinity)),
        [],
      );
      assert.match(lines.at(-1)!, /^0 of 198 ready, 198 not: COIN\d+USDT .* and \d+ more, 4 retired, 1\.2 s$/);
    }
  });

  test('with fallback exchanges compared, too: a line for each exchange', () => {
    const comparisonOf = (i: number) => ({ minutes: 100, offsetBp: i, medianBp: i, maxBp: 2 * i, volumeRatio: 0.01 });
    const compared = outcomes.map(({ symbol, summary }, i) => {
      const venues = (['bybit', 'okx', 'kraken', 'coinbase'] as const).map((exchange) => ({
        exchange,
        comparison: i % 3 === 0 ? null : comparisonOf(i),
        problem:
          i % 3 === 0 ? `${exchange} has no market for ${symbol}, as it answered that it does not know it` : null,
        distrust: i % 3 === 1 ? `the closes of ${symbol} differ by ${i} basis points, which is more than 30` : null,
      }));
      const range = { from: NOW - i * MINUTE_MS, to: NOW };
      const stored = { rows: i, asked: i, comparison: comparisonOf(i), replaceable: range, otherMarket: [] };
      return { symbol, summary: { ...summary, sources: { ...range, venues, stored } } };
    });
    for (const columns of WIDTHS) {
      const lines = render(statusCommand, { ...result, outcomes: compared }, viewOf(columns, { sources: true }));
      checkSize(lines, columns);
      const text = lines.join('\n');
      assert.match(text, /^kraken +132 +66 +200\.0 bp +COIN200USDT$/m);
      assert.match(text, /^not used, such as COIN\d+USDT: bybit: bybit has no market for/m);
      assert.match(text, /^stored rows from fallback exchanges: 19,989 in COIN/m);
      assert.match(text, 'chartctl backfill --all --replace-fallback --from');
    }
  });

  test('status of three is shortened on a terminal until it fits, and whole elsewhere', () => {
    const trade = Array.from({ length: 72 }, (_, h) => ({ from: NOW + (h - 72) * HOUR_MS, close: h, volume: h }));
    const three = outcomes.slice(5, 8).map(({ symbol, summary }, i) => ({
      symbol,
      summary: {
        ...summary,
        trade,
        gaps: Array.from({ length: 3 + i }, (_, g) => moved(summary.gaps[0]!, g + 9 * i)),
      },
    }));
    const whole = (columns?: number, flags = {}) =>
      render(statusCommand, { ...result, outcomes: three }, viewOf(columns, flags));
    for (const columns of WIDTHS) {
      const lines = whole(columns);
      checkSize(lines, columns);
      const text = lines.join('\n');
      assert.match(text, /^shortened; --verbose shows all$/m);
      for (const { symbol } of three) assert.match(text, new RegExp(`^${symbol} +[·░▒▓█]+$`, 'm'));
      assert.match(text, '  do: chartctl ');
      for (const shown of [whole(columns, { verbose: true }), whole(columns, { days: '3' }), whole()]) {
        assert.ok(shown.filter((line) => line.includes('interior')).length === 12, shown.join('\n'));
      }
    }
  });

  test('remedies take all of them', () => {
    const text = render(statusCommand, result, viewOf(100)).join('\n');
    assert.match(text, 'do: chartctl backfill --all --from');
    assert.match(text, 'do: chartctl clean --all --repair');
    assert.match(text, 'do: chartctl clean --all --remove-future');
    assert.match(
      render(statusCommand, result, viewOf(120, { symbolsFile: 'my symbols.txt' })).join('\n'),
      "--symbols-file 'my symbols.txt' --repair",
    );
  });

  test('--verbose has a row for each', () => {
    const lines = render(statusCommand, result, viewOf(100, { verbose: true }));
    for (const symbol of SYMBOLS)
      assert.ok(
        lines.some((line) => line.startsWith(symbol)),
        symbol,
      );
  });

  test('list has a row for each, and fits every width', () => {
    const inventory = SYMBOLS.map((symbol, i) => ({
      symbol,
      summary: {
        first: { minute: NOW - 1e9 },
        last: { minute: NOW },
        rows: 1_234_567 + i,
        valid: 1_000_000,
        bySource: { BINANCE: 1_000_000, BINANCE_BACKFILL: 200_000, FALLBACK: i },
        holes: i,
        missingMinutes: i * i,
        bytes: 1e8 + i,
        retired: null,
      },
    }));
    for (const columns of WIDTHS) {
      const lines = render(listCommand, { jobId: null, exitCode: 0, outcomes: inventory, counts: {} }, viewOf(columns));
      assert.equal(
        lines.filter((line) => displayWidth(line) > columns),
        [],
      );
      assert.is(lines.filter((line) => line.startsWith('COIN')).length, 202);
      assert.match(lines.at(-1)!, /^202 symbols, 249,[\d,]+ rows, 20,301 holes, 1\.2 s$/);
    }
  });
});
