import { resolve } from 'node:path';
import { formatRange } from '../core/range.js';
import type { TrainingName } from '../jobs/compare/find-exported-set.js';
import type { ReproducedFile, ReproduceResult } from '../jobs/compare/reproduce.js';
import type { Command, View } from './framework/command.js';
import { countDiffering, formatDifferences } from './framework/differences.js';
import { formatLines } from './framework/job-result.js';
import { printNotice } from './framework/notices.js';
import { OUTPUT_OPTIONS } from './framework/options/options.js';
import { runInDatabase } from './framework/run-job.js';

export const reproduceCommand: Command<ReproduceResult> = {
  name: 'reproduce',
  otherNames: ['replay', 're-export', 'restore'],
  description: 'make an exported training set again from the audit log, and compare the two',
  arguments: [['<training>', 'a file of export-training-set, its manifest beside it, or the number of its job']],
  options: OUTPUT_OPTIONS,
  notes: ['Nothing is written. Exit 0: identical, by SHA-256. Exit 1: not identical, and what differs is listed.'],
  examples: [
    ['chartctl reproduce train.csv', 'does the audit log still give this file?'],
    ['chartctl reproduce 17', 'the same, by the job that exported it'],
  ],
  readOnly: true,
  run: (call) => {
    const name = parseTrainingName(call.args[0]!, call.flags.cwd);
    return runInDatabase(call, async (context) => {
      const { reproduce } = await import('../jobs/compare/reproduce.js');
      const notices: string[] = [];
      const result = await reproduce({ ...context, onNotice: (message) => notices.push(message) }, name);
      for (const notice of notices) await printNotice(call, notice);
      return result;
    });
  },
  text: ({ files }, view) => files.map((file) => formatFile(file, view)).join(''),
  document: async () => (await import('./documents/reproduce.js')).reproduceDocument,
};

/** A job by its number, or a file. */
export function parseTrainingName(text: string, cwd: string): TrainingName {
  return /^[0-9]+$/.test(text) ? { job: Number(text) } : { path: resolve(cwd, text) };
}

function formatFile(file: ReproducedFile, view: View): string {
  const { path, range, rows, sha256, isIdentical, madeRows, differences, notCompared } = file;
  const what = `${path}: ${rows} rows of ${formatRange(range)}`;
  if (isIdentical) return formatLines([`identical: ${what}, sha256 ${sha256}`], view.columns);
  const head = formatLines([`not identical: ${what}, now ${madeRows} rows`], view.columns);
  if (!differences) return head + formatLines([`not compared row by row: ${notCompared}`], view.columns);
  const { table, lines } = formatDifferences(differences, view);
  const title = `${countDiffering(differences.rows)}; A is the file, B what is made now`;
  return head + formatLines([title], view.columns) + table + formatLines(lines, view.columns);
}
