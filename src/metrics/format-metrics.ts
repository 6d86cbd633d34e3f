import { METRIC_NAMES, METRICS, type MetricName } from './metric-names.js';
import type { Sample } from './sample.js';

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

/** The format's three escapes: of a backslash, a quote and the end of a line. */
function escapeValue(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
