import { METRICS, type MetricName } from './metric-names.js';
import type { Sample } from './sample.js';

const LINE = /^(\w+)\{(.*)\} (-?[0-9.e+-]+)$/s;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/gs;

/** The samples of a file that `formatMetrics` made; lines that it would not make are passed over. */
export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', pairs = '', value] = LINE.exec(line) ?? [];
    if (!isMetric(name) || !Number.isFinite(Number(value))) return [];
    const labels = [...pairs.matchAll(LABEL)].map(([, label, escaped]) => [label!, unescapeValue(escaped!)] as const);
    return [{ name, labels: Object.fromEntries(labels), value: Number(value) }];
  });
}

function isMetric(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

function unescapeValue(text: string): string {
  return text.replace(/\\(.)/gs, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}
