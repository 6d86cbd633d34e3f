import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { METRICS } from '../../src/monitoring/prometheus.js';
import { group } from '../harness/group.js';

interface RulesFile {
  groups: { name: string; rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
}

/** The documented alerting rules. */
const RULES = findRules('src/monitoring/README.md');

/** Metrics minute by minute, and the alerts that they must raise. */
const STORY = `
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - name: an ingest that stands still
    interval: 1m
    input_series:
      - series: chartctl_last_run_timestamp_seconds{command="ingest"}
        values: '0+60x5 300x20'
      - series: chartctl_last_success_timestamp_seconds{command="ingest"}
        values: '0+60x5 300x20'
      - series: chartctl_last_candle_timestamp_seconds{symbol="BTCUSDT"}
        values: '0+60x5 300x20'
      - series: chartctl_observed_timestamp_seconds{symbol="BTCUSDT"}
        values: '0+60x30'
    alert_rule_test:
      - { eval_time: 9m, alertname: ChartIngestLate, exp_alerts: [] }
      - eval_time: 11m
        alertname: ChartIngestLate
        exp_alerts: [{ exp_labels: { command: ingest, severity: page }, exp_annotations: { summary: 'no ingest has succeeded for 5 minutes; on the machine: chartctl doctor' } }]
      - eval_time: 14m
        alertname: ChartSymbolLate
        exp_alerts: [{ exp_labels: { symbol: BTCUSDT }, exp_annotations: { summary: 'BTCUSDT has had no candle for 5 minutes' } }]
      - { eval_time: 14m, alertname: ChartMonitoringStale, exp_alerts: [] }
  - name: no file at all
    interval: 1m
    input_series: []
    alert_rule_test:
      - eval_time: 6m
        alertname: ChartMonitoringStale
        exp_alerts: [{ exp_annotations: { summary: 'the metrics file is not written any more' } }]
`;

/** The first YAML block of these pages that holds alerting rules. */
function findRules(page: string): string {
  return /^```yaml\n(groups:\n(?:.*\n)*?)```$/m.exec(readFileSync(page, 'utf8'))?.[1] ?? '';
}

group('the documented alerts', (test) => {
  test('use existing metrics', () => {
    const { groups } = parse(RULES) as RulesFile;
    const rules = groups.flatMap((found) => found.rules);
    assert.ok(rules.length >= 5);
    for (const { alert, expr, annotations } of rules) {
      const named = expr.match(/\bchartctl_\w+/g) ?? [];
      assert.ok(named.length > 0, alert);
      for (const name of named) assert.ok(name in METRICS, name);
      assert.type(annotations.summary, 'string');
    }
  });

  if (spawnSync('promtool', ['--version']).error) {
    test.skip('are raised when they should be, by promtool', 'promtool is not here');
    return;
  }
  test('are raised when they should be, by promtool', () => {
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-rules-'));
    writeFileSync(join(folder, 'rules.yml'), RULES);
    writeFileSync(join(folder, 'story.yml'), STORY);
    for (const argv of [
      ['check', 'rules', 'rules.yml'],
      ['test', 'rules', 'story.yml'],
    ]) {
      const { status, stdout, stderr } = spawnSync('promtool', argv, { cwd: folder, encoding: 'utf8' });
      assert.is(status, 0, stdout + stderr);
    }
    rmSync(folder, { recursive: true });
  });
});
