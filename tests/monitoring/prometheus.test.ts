import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { findLastSuccess, mergeSamples, toRunSamples, toWindowSamples } from '../../src/monitoring/metrics.js';
import { formatMetrics, METRIC_NAMES, parseMetrics, type Sample } from '../../src/monitoring/prometheus.js';
import { group } from '../harness/group.js';
import { readExposition } from '../harness/read-exposition.js';

const NOW = Date.parse('2025-06-01T12:00:05.250Z');

function run(command: string, endedAt = NOW): Sample[] {
  const usage = { requests: 3, weight: 6 };
  const symbols = { done: 1, failed: 1 };
  return toRunSamples({
    command,
    endedAt,
    durationMs: 1234.5,
    exitCode: 3,
    lastSuccessAt: NOW - 60_000,
    usage,
    symbols,
  });
}

function window(symbol: string, valid = 600): Sample[] {
  const state = { symbol, lastCandleAt: NOW, bySource: { BINANCE: 599, FALLBACK: 1 }, valid, missing: 0, gaps: 0 };
  return toWindowSamples({ ...state, byRule: { volume_spike: 2 } }, NOW, 600);
}

group('the metrics', (test) => {
  test('are in the text format, every metric with HELP and TYPE once, in the order of their table', () => {
    const text = formatMetrics([...run('ingest'), ...window('BTCUSDT'), ...run('backfill'), ...window('ETHUSDT', 599)]);
    const series = readExposition(text);
    assert.is(series.get('chartctl_last_run_exit_code{command="ingest"}'), 3);
    assert.is(series.get('chartctl_last_run_duration_seconds{command="ingest"}'), 1.235);
    assert.is(series.get('chartctl_last_run_timestamp_seconds{command="backfill"}'), NOW / 1000);
    assert.is(series.get('chartctl_last_run_symbols{command="ingest",outcome="failed"}'), 1);
    assert.is(series.get('chartctl_window_rows{symbol="BTCUSDT",source="FALLBACK"}'), 1);
    assert.is(series.get('chartctl_ready{symbol="BTCUSDT"}'), 1);
    assert.is(series.get('chartctl_ready{symbol="ETHUSDT"}'), 0);
    assert.equal(
      [...text.matchAll(/^# TYPE (\w+) gauge$/gm)].map(([, name]) => name),
      METRIC_NAMES,
    );
  });

  test('what the format sets apart is escaped, and read back as it was', () => {
    const strange = 'a\\b"c\nd\\n,}{';
    const samples = window(strange);
    const text = formatMetrics(samples);
    assert.match(text, 'symbol="a\\\\b\\"c\\nd\\\\n,}{"');
    readExposition(text);
    assert.equal(new Set(parseMetrics(text)), new Set(samples));
  });

  test('what other languages end lines with ends none here', () => {
    const samples = window('a\rb\u2028c\\\u2029');
    assert.equal(new Set(parseMetrics(formatMetrics(samples))), new Set(samples));
  });

  test('what is not known is left out: no sample is a guess', () => {
    const state = { symbol: 'A', lastCandleAt: null, bySource: {}, valid: 0, missing: 600, gaps: 1, byRule: {} };
    assert.not.match(formatMetrics(toWindowSamples(state, NOW, 600)), 'last_candle');
    const end = { command: 'ingest', endedAt: NOW, durationMs: 1, exitCode: 75, usage: { requests: 0, weight: 0 } };
    const text = formatMetrics(toRunSamples({ ...end, lastSuccessAt: undefined, symbols: undefined }));
    assert.not.match(text, /last_success|_symbols/);
    readExposition(text);
  });

  test('lines of others are passed over', () => {
    const others = [
      'node_load1 0.3',
      'chartctl_ready{symbol="A"} NaN',
      'chartctl_ready 1',
      'chartctl_old{symbol="A"} 1',
    ];
    assert.equal(parseMetrics(`# HELP x\n${others.join('\n')}\n<<<<<<\n`), []);
  });

  test('a run replaces the samples of its command and its symbols, and nothing else', () => {
    const before = [...run('ingest'), ...run('backfill'), ...window('BTCUSDT', 1), ...window('ETHUSDT', 2)];
    const after = mergeSamples(before, {
      command: 'ingest',
      run: run('ingest', NOW + 60_000),
      windows: window('ETHUSDT'),
      retired: [],
    });
    const series = readExposition(formatMetrics(after));
    assert.is(series.get('chartctl_last_run_timestamp_seconds{command="ingest"}'), NOW / 1000 + 60);
    assert.is(series.get('chartctl_last_run_timestamp_seconds{command="backfill"}'), NOW / 1000);
    assert.is(series.get('chartctl_window_valid_rows{symbol="BTCUSDT"}'), 1);
    assert.is(series.get('chartctl_window_valid_rows{symbol="ETHUSDT"}'), 600);
    assert.is(findLastSuccess(after, 'backfill'), NOW - 60_000);
    assert.is(findLastSuccess(after, 'clean'), undefined);
  });

  test('the samples of retired symbols are removed', () => {
    const before = [...run('ingest'), ...window('OLDUSDT', 1), ...window('BTCUSDT')];
    const after = mergeSamples(before, { command: 'clean', run: run('clean'), windows: [], retired: ['OLDUSDT'] });
    assert.equal(new Set(after.flatMap(({ labels }) => labels.symbol ?? [])), new Set(['BTCUSDT']));
  });

  const promtool = spawnSync('promtool', ['--version']);
  if (promtool.error) test.skip('promtool finds nothing to complain about', 'promtool is not here');
  else {
    test('promtool finds nothing to complain about', () => {
      const input = formatMetrics([...run('ingest'), ...window('BTCUSDT'), ...window('a"b\\c')]);
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
      assert.is(`${stdout}${stderr}`, '');
      assert.is(status, 0);
    });
  }
});

group('the strict reader of expositions', (test) => {
  const good = '# HELP a x\n# TYPE a gauge\na{l="1"} 1\na 2\n';
  test('reads what is right', () => assert.is(readExposition(good).get('a{l="1"}'), 1));
  for (const [what, bad] of [
    ['a duplicate series', `${good}a 3\n`],
    ['a sample without TYPE', 'b 1\n'],
    ['samples of a metric apart', `${good}# HELP b x\n# TYPE b gauge\nb 1\na{l="2"} 1\n`],
    ['a second TYPE', `${good}# TYPE a gauge\n`],
    ['an unknown escape', good.replace('"1"', '"\\d"')],
    ['no end of the last line', good.trimEnd()],
    ['a value that is none', good.replace(' 2\n', ' two\n')],
  ] as const) {
    test(`refuses ${what}`, () => assert.throws(() => readExposition(bad)));
  }
});
