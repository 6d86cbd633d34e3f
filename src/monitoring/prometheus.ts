/**
 * The metrics with their HELP texts, in the order of the file. All are gauges, in base units.
 *
 * Metrics of a run carry the label `command`, metrics of the data `symbol`. The window is the last 600 closed minutes:
 * counting the whole table would cost more than the run itself.
 */
export const METRICS = {
  chartctl_last_run_timestamp_seconds: 'When the command ended last, whatever its exit code.',
  chartctl_last_success_timestamp_seconds:
    'When the command last did its work: exit 0 or 10. A run that skipped for another one, and a dry run, do not count.',
  chartctl_last_run_exit_code: 'Exit code of the last run.',
  chartctl_last_run_duration_seconds: 'How long the last run took.',
  chartctl_last_run_requests: 'Requests to exchanges in the last run.',
  chartctl_last_run_request_weight: 'Request weight that Binance charged for the last run.',
  chartctl_last_run_symbols: 'Symbols of the last run, by how they ended.',
  chartctl_observed_timestamp_seconds: "When the symbol's rows were last looked at for this file.",
  chartctl_last_candle_timestamp_seconds: 'Open time of the newest stored candle.',
  chartctl_window_rows: 'Rows in the last 600 closed minutes, valid or not, by source.',
  chartctl_window_valid_rows: 'Rows in the last 600 closed minutes that are complete and not flagged.',
  chartctl_window_missing_rows: 'Minutes without a row among the last 600 closed ones.',
  chartctl_window_gaps: 'Stretches without a row among the last 600 closed minutes.',
  chartctl_window_flagged_rows: 'Flagged rows in the last 600 closed minutes, by rule; a row of two rules is in both.',
  chartctl_ready: '1 when all of the last 600 closed minutes are there and valid, else 0.',
} as const;

type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** One value with its labels: `{ command }`, or `{ symbol }` with an optional `source` or `rule`. */
export interface Sample {
  name: MetricName;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/**
 * Samples in Prometheus' text format (version 0.0.4): each metric's HELP and TYPE once, its samples below.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function formatMetrics(samples: readonly Sample[]): string {
  const lines = new Map<MetricName, string[]>();
  for (const sample of samples) {
    const found = lines.get(sample.name);
    if (found) found.push(formatSample(sample));
    else lines.set(sample.name, [formatSample(sample)]);
  }
  return METRIC_NAMES.filter((name) => lines.has(name))
    .flatMap((name) => [`# HELP ${name} ${METRICS[name]}`, `# TYPE ${name} gauge`, ...lines.get(name)!.sort()])
    .map((line) => `${line}\n`)
    .join('');
}

function formatSample({ name, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeValue(text)}"`);
  return `${name}{${pairs.join(',')}} ${value}`;
}

/** The format has three escape sequences: for a backslash, a quote and a line feed. */
function escapeValue(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

const SAMPLE_LINE = /^(\w+)\{(.*)\} (-?[0-9.e+-]+)$/s;
const LABEL_PAIR = /(\w+)="((?:[^"\\]|\\.)*)"/gs;

/** The samples of a file that `formatMetrics` made; other lines are skipped. */
export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', pairs = '', value] = SAMPLE_LINE.exec(line) ?? [];
    if (!isMetric(name) || !Number.isFinite(Number(value))) return [];
    const labels = [...pairs.matchAll(LABEL_PAIR)].map(
      ([, label, escaped]) => [label!, unescapeValue(escaped!)] as const,
    );
    return [{ name, labels: Object.fromEntries(labels), value: Number(value) }];
  });
}

function isMetric(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

function unescapeValue(text: string): string {
  return text.replace(/\\(.)/gs, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}
