import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { assessReadiness, type ReadinessFacts } from '../../src/quality/assess-readiness.js';
import type { InvalidRow } from '../../src/rows/row-state.js';
import { group } from '../harness/group.js';

const END = Date.parse('2025-06-01T12:00Z');

/** A range in minutes before the window's end. */
function ago(from: number, to: number) {
  return { from: END - from * MINUTE_MS, to: END - to * MINUTE_MS };
}

function invalidRow(minutesAgo: number, details: Partial<InvalidRow> = {}): InvalidRow {
  return {
    openTime: END - minutesAgo * MINUTE_MS,
    isSound: true,
    isComplete: true,
    isFlagged: false,
    isKeptFlagged: false,
    isFallback: false,
    isManaged: true,
    ...details,
  };
}

/** Rows without indicators, from `from` to `to` minutes ago. */
function incomplete(from: number, to: number, details: Partial<InvalidRow> = {}): InvalidRow[] {
  return Array.from({ length: from - to }, (_, i) => invalidRow(from - i, { isComplete: false, ...details }));
}

function assess(facts: Partial<ReadinessFacts>) {
  const nothing = { window: ago(600, 0), missing: [], absent: [], invalidRows: [], rules: new Map<number, string>() };
  const readiness = assessReadiness({ ...nothing, ...facts });
  const blockers = readiness.blockers.map(({ minutes, reason, remedy }) => [minutes, reason, remedy]);
  const readyIn = readiness.readyFrom === null ? null : (readiness.readyFrom - END) / MINUTE_MS;
  return { ...readiness, blockers, readyIn };
}

const OUTAGE = { cause: 'exchange outage', haltedMinutes: 72 } as const;

group('whether a window is ready', (test) => {
  test('ready when no minute is missing and every row is valid', () => {
    const { isReady, blockers, readyFrom, isOnlyTimeMissing } = assess({});
    assert.equal([isReady, blockers, readyFrom, isOnlyTimeMissing], [true, [], null, false]);
  });

  test('a gap that Binance has too costs 400 minutes of warm-up and 600 of window: only time is missing', () => {
    const hole = ago(200, 120);
    const found = assess({ missing: [hole], absent: [{ ...hole, ...OUTAGE }], invalidRows: incomplete(120, 0) });
    assert.equal(found.blockers, [
      [80, 'missing at Binance: exchange outage, after 72 halted minutes', 'wait or fill'],
      [120, 'warming up after 2025-06-01T08:40Z..10:00Z (80 min)', 'wait or fill'],
    ]);
    assert.equal([found.isOnlyTimeMissing, found.readyIn], [true, 1000 - 120]);
  });

  test('a gap before the window: the rows of the window are still warming up', () => {
    const hole = ago(800, 700);
    const found = assess({ missing: [hole], absent: [{ ...hole, ...OUTAGE }], invalidRows: incomplete(600, 300) });
    assert.equal(found.blockers, [
      [300, 'warming up after 2025-05-31T22:40Z..2025-06-01T00:20Z (100 min)', 'wait or fill'],
    ]);
    assert.equal([found.readyIn, found.holes.length], [300, 1]);
  });

  test('minutes before the listing cannot be filled', () => {
    const hole = ago(1000, 500);
    const found = assess({
      missing: [hole],
      absent: [{ ...hole, cause: 'not listed yet', haltedMinutes: 0 }],
      invalidRows: incomplete(500, 100),
    });
    assert.equal(
      found.blockers.map(([, , remedy]) => remedy),
      ['wait', 'wait'],
    );
    assert.is(found.readyIn, 500);
  });

  test('a halt that lasts is only waited for, also over the minutes since the last request', () => {
    const halted = { cause: 'halted', haltedMinutes: 0 } as const;
    const lasting = assess({ missing: [ago(100, 0)], absent: [{ ...ago(100, 7), ...halted }], invalidRows: [] });
    assert.equal(lasting.blockers, [[100, 'missing at Binance: halted', 'wait']]);
    const over = assess({
      missing: [ago(100, 50)],
      absent: [{ ...ago(100, 50), ...halted }],
      invalidRows: incomplete(50, 0),
    });
    assert.equal(over.blockers[0], [50, 'missing at Binance: halted', 'wait or fill']);
  });

  test('minutes not yet requested: the remedy is backfill, for the newest ingest', () => {
    const found = assess({ missing: [ago(50, 40), ago(2, 0)], invalidRows: incomplete(40, 2) });
    assert.equal(found.blockers, [
      [10, 'missing', 'backfill'],
      [38, 'warming up after 2025-06-01T11:10Z..11:20Z (10 min)', 'backfill'],
      [2, 'missing', 'ingest'],
    ]);
    assert.equal([found.isOnlyTimeMissing, found.readyIn], [false, 1000]);
  });

  test('a flagged row is reported with its rule, and leaves the window after 600 minutes', () => {
    const flagged = [invalidRow(100, { isFlagged: true }), invalidRow(99, { isFlagged: true })];
    const found = assess({ invalidRows: flagged, rules: new Map([[flagged[0]!.openTime, 'volume_spike']]) });
    assert.equal(found.blockers, [
      [1, 'flagged: volume_spike', 'clean'],
      [1, 'flagged: hasMissingData was set outside chartctl', 'clean'],
    ]);
    assert.equal([found.isOnlyTimeMissing, found.readyIn], [false, 600 - 98]);
  });

  test('an unsound candle ends a run, like a missing one', () => {
    const found = assess({ invalidRows: [invalidRow(300, { isSound: false }), ...incomplete(299, 0)] });
    assert.equal(found.blockers, [
      [1, 'unsound candle', 'backfill'],
      [299, 'warming up after 2025-06-01T07:00Z..07:01Z (1 min)', 'backfill'],
    ]);
    assert.is(found.readyIn, 1000 - 299);
  });

  test('an incomplete row whose run is long enough needs a rebuild, or was never checked', () => {
    const found = assess({
      invalidRows: [invalidRow(9, { isComplete: false }), ...incomplete(8, 6, { isManaged: false })],
    });
    assert.equal(found.blockers, [
      [1, 'its indicators were not computed', 'rebuild'],
      [2, 'written outside chartctl and not checked yet', 'backfill'],
    ]);
    assert.is(found.readyIn, 600 - 6);
  });
});
