import type { UndoOptions } from '../jobs/undo.js';
import { toFailureDocument } from '../terminal/json.js';
import { formatTable } from '../terminal/table.js';
import type { Flags } from './framework/flags.js';
import { readLocking } from './framework/options.js';
import type { PlainCommand } from './framework/plain-command.js';

export const undoCommand: PlainCommand<UndoOptions> = {
  name: 'undo',
  description: 'restore what a job changed, deleted or inserted, and rebuild the indicators',
  argument: ['<job>', 'the number of the job, as chartctl jobs shows it'],
  options: [['--lock-wait <seconds>', 'wait this long for a symbol that is being written (default: 10)']],
  examples: [
    ['chartctl jobs', 'which jobs there were'],
    ['chartctl undo 42', 'take back what job 42 did; refused where later jobs changed the same rows'],
    ['chartctl undo 43', 'an undo is a job too: take it back as well'],
  ],
  parse: (flags, argument) => {
    const { lockWaitMs } = readLocking(flags);
    return { job: readJob(flags, argument), lockWaitMs };
  },
  run: async (context, options) => {
    const { jobId, exitCode, outcomes } = await (await import('../jobs/undo.js')).undo(context, options);
    const columns = [
      { title: 'symbol', cell: ({ symbol }: (typeof outcomes)[number]) => symbol },
      { title: 'restored', cell: ({ summary }: (typeof outcomes)[number]) => summary?.restored },
      { title: 'rebuilt', cell: ({ summary }: (typeof outcomes)[number]) => summary?.rebuilt },
    ];
    const nothing = [`there is nothing to undo of job ${options.job}`];
    const symbols = outcomes.map(({ symbol, summary, failure }) => ({
      symbol,
      ok: !failure,
      ...summary,
      ...(failure && { error: toFailureDocument(failure) }),
    }));
    const table = formatTable(columns, outcomes).trimEnd().split('\n');
    const failures = outcomes.flatMap(({ symbol, failure }) => (failure ? [{ symbol, failure }] : []));
    return { jobId, exitCode, lines: outcomes.length > 0 ? table : nothing, fields: { symbols }, failures };
  },
};

function readJob(flags: Flags, text = ''): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  flags.problems.add(`job "${text}" was not understood`, 'expected a number, as chartctl jobs shows it');
  return 0;
}
