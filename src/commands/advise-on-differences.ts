import { ROW_CLASS_NAMES, ROW_CLASSES } from '../core/row-class.js';
import type { JobResult } from '../jobs/result.js';
import type { VerifySummary } from '../jobs/verify/verify.js';

/** What was done about the rows that differ, what the words mean that were used, and what can be done next. */
export function adviseOnDifferences({ jobId, outcomes }: JobResult<VerifySummary>): string[] {
  const found = outcomes.flatMap(({ symbol, summary }) => (summary ? [{ symbol, ...summary }] : []));
  const used = ROW_CLASS_NAMES.filter((name) => name !== 'same' && found.some(({ counts }) => counts[name] > 0));
  const done = jobId === null ? [] : found.map(({ symbol, ...summary }) => `${symbol}: ${describeWork(summary)}`);
  return [...done, ...used.map((name) => `${name}: ${ROW_CLASSES[name]}`), ...adviseNext(jobId, found)];
}

function describeWork({ flagged, replaced, inserted, confirmed, rebuilt, remaining }: VerifySummary): string {
  const counts = { flagged, replaced, inserted, confirmed, rebuilt };
  const done = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [`${name} ${count}`] : []));
  const work = done.length > 0 ? done.join(', ') : 'nothing was changed';
  return remaining > 0 ? `${work}; ${remaining} differ still` : work;
}

function adviseNext(jobId: number | null, found: readonly VerifySummary[]): string[] {
  if (found.every(({ remaining }) => remaining === 0)) return [];
  if (jobId === null) {
    return [
      'nothing was changed: --flag keeps these rows out of training; --repair replaces rows that are not valid, with --revised also valid ones',
    ];
  }
  if (found.some(({ flagged }) => flagged > 0)) return ['--repair, or clean --repair, settles them'];
  return ["valid rows stay: --revised replaces Binance's, --replace-fallback those of fallback exchanges"];
}
