import type { MetricName } from './metric-names.js';

/** One number, and what it is of: `{ command }`, or `{ symbol }` with perhaps a `source` or a `rule`. */
export interface Sample {
  name: MetricName;
  labels: Readonly<Record<string, string>>;
  value: number;
}
