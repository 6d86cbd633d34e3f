import * as assert from 'uvu/assert';
import { backfillCommand } from '../../src/commands/backfill.js';
import { demoCommand } from '../../src/commands/demo.js';
import { Flags } from '../../src/commands/framework/options/flags.js';
import { HOUR_MS } from '../../src/core/minute.js';
import type { BackfillSummary } from '../../src/jobs/backfill/backfill.js';
import type { JobResult } from '../../src/jobs/job.js';
import { createPaint } from '../../src/terminal/screen.js';
import { group } from '../harness/group.js';

const FROM = Date.parse('2025-06-01T06:00Z');
const RANGE = { from: FROM, to: FROM + HOUR_MS };

const SUMMARY: BackfillSummary = {
  range: RANGE,
  planned: [RANGE],
  plannedMinutes: 60,
  archive: { files: 0, bytes: 0, candles: 0, refused: [] },
  requests: 1,
  weight: 2,
  inserted: 0,
  replaced: 0,
  confirmed: 0,
  fromFallback: 0,
  rebuilt: 0,
  absent: [{ ...RANGE, cause: 'exchange outage', haltedMinutes: 0 }],
  stillMissing: 0,
  late: 0,
  minutes: 60,
  rows: 0,
  complete: 0,
  valid: 0,
};
const RESULT: JobResult<BackfillSummary> = {
  jobId: 1,
  exitCode: 0,
  outcomes: [{ symbol: 'BTCUSDT', summary: SUMMARY }],
  counts: {},
};
const VIEW = {
  paint: createPaint(false, {}, false),
  columns: undefined,
  screen: undefined,
  verbose: false,
  seconds: undefined,
  flags: new Flags({}, '/'),
};

group('the text of a backfill', (test) => {
  const line = /^BTCUSDT: not at the exchange: 2025-06-01T06:00Z\.\.2025-06-01T07:00Z \(60 min\): exchange outage$/m;

  test('lists the minutes that Binance does not have', () => {
    assert.match(backfillCommand.text(RESULT, VIEW), line);
  });

  test('does so in a demo too', () => {
    const outcomes = RESULT.outcomes.map(({ symbol, summary }) => ({
      symbol,
      summary: { ...summary!, window: summary!.range, isReady: false },
    }));
    assert.match(demoCommand.text({ ...RESULT, outcomes, kind: 'binance', dataDir: 'data', prefix: '' }, VIEW), line);
  });
});
