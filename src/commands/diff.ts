import { resolve } from 'node:path';
import { EXIT_CODES } from '../core/failure.js';
import { parseInstant } from '../core/parse-time.js';
import type { ComparedName } from '../jobs/compare/compared-side.js';
import type { Differences, ExplainedDifference } from '../jobs/compare/sum-differences.js';
import { toOutputStream } from '../terminal/output.js';
import type { Call, Command, CommandResult } from './framework/command.js';
import { countDiffering, formatDifferences } from './framework/differences.js';
import { formatLines } from './framework/job-result.js';
import { OUTPUT_OPTIONS, RANGE_OPTIONS, readRange, readSymbols, SYMBOL_OPTIONS } from './framework/options/options.js';
import { runInDatabase } from './framework/run-job.js';

export const diffCommand: Command<Differences & CommandResult> = {
  name: 'diff',
  otherNames: ['compare', 'difference'],
  description: 'compare two training sets, or the table at two instants, and name the jobs that explain it',
  arguments: [
    ['<a>', 'a training file, a job by its number, a time, or now'],
    ['<b>', 'another one'],
    ['[symbols...]', 'symbols such as BTCUSDT; without any: all'],
  ],
  options: [
    ...SYMBOL_OPTIONS,
    ...RANGE_OPTIONS,
    ['--csv', 'print every row that differs as CSV; what it sums up to is then on standard error'],
    ['--exit-code', 'exit 10 when rows differ'],
    ...OUTPUT_OPTIONS,
  ],
  notes: [
    'A job that exported a training set stands for that set, every other one for the table at its end. If one of the two',
    'is a training set, valid rows are compared; otherwise all rows.',
  ],
  examples: [
    ['chartctl diff train.csv now', 'what was corrected since this file was exported'],
    ['chartctl diff 17 42 BTCUSDT', 'what lies between two exports'],
    ['chartctl diff 2025-06-01 now --from 2025-05-01 --csv', 'every changed row'],
  ],
  readOnly: true,
  run: async (call) => {
    const { flags, args } = call;
    flags.atMostOne('--csv', '--json');
    const [a, b] = [0, 1].map((i) => flags.problems.attempt(() => parseCompared(args[i]!, flags.cwd)) ?? 'now');
    const symbols = readSymbols(flags, args.slice(2), 'all');
    const range = readRange(flags);
    return runInDatabase(call, async (context) => {
      const { diff } = await import('../jobs/compare/diff.js');
      const onDifferences = flags.isSet('--csv') ? await openCsv(call) : undefined;
      const result = await diff(context, { a: a!, b: b!, symbols, range, onDifferences });
      await onDifferences?.([]); // without a row the header alone
      return result;
    });
  },
  exitCode: ({ rows }) => (rows > 0 ? EXIT_CODES.due : EXIT_CODES.done),
  text: (result, view) => {
    if (result.rows === 0) return 'no row differs\n';
    const { table, lines } = formatDifferences(result, view);
    return table + formatLines([countDiffering(result.rows), ...lines], view.columns);
  },
  document: async () => (await import('./documents/diff.js')).diffDocument,
  writesDataToStdout: ({ flags }) => flags.isSet('--csv'),
};

/**
 * A job by its number, `now`, a time, or a file.
 *
 * @throws Failure (usage) for a time without an offset
 */
function parseCompared(text: string, cwd: string): ComparedName {
  if (text === 'now') return 'now';
  if (/^[0-9]+$/.test(text)) return { job: Number(text) };
  return /^\d{4}-\d{2}-\d{2}(T[\d:.]*(Z|[+-][\d:]+)?)?$/.test(text)
    ? { time: parseInstant(text) }
    : { path: resolve(cwd, text) };
}

/** Writes rows that differ to standard output as CSV, as they are found; a header comes before the first batch. */
async function openCsv({ io }: Call): Promise<(batch: readonly ExplainedDifference[]) => Promise<void>> {
  const [{ CSV_HEADER, toCsvLine }, { toStreamSink }] = await Promise.all([
    import('../jobs/compare/differences-csv.js'),
    import('../files/sink.js'),
  ]);
  const sink = toStreamSink(toOutputStream(io.stdout));
  let header = CSV_HEADER;
  return async (batch) => {
    await sink.write(header + batch.map(toCsvLine).join(''));
    header = '';
  };
}
