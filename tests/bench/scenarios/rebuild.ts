import { join } from 'node:path';
import { INDICATOR_COLUMNS } from '../../../src/indicators/indicators.js';
import { SYMBOL } from '../bench-market.js';
import type { Bench, Scenario } from '../bench.js';
import { atLeast, atMost, type Measurement, type Run, speedup, summarizeRuns } from '../measurement.js';

const WRITTEN = [...INDICATOR_COLUMNS, 'iscomplete'];

/** Changes all indicators slightly. */
export const CHANGE_INDICATORS = `update rolling_chart_data set ${INDICATOR_COLUMNS.map((name) => `${name} = ${name} * 1.01 + 0.01`).join(', ')} where symbol = '${SYMBOL}'`;

/** Rebuild of every row compared with an UPDATE of the same columns from a temporary table that COPY fills. */
export const rebuild: Scenario = {
  measures: ['limit-update', 'rebuild-all', 'rebuild-none'],
  run: async (bench) => {
    const found: Measurement[] = [];
    for (const size of bench.plan.sizes) found.push(...(await measureSize(bench, size)));
    return found;
  },
};

/** The required share of the limit's speed. */
const ALL_BOUND = 0.5;

async function measureSize(bench: Bench, size: number): Promise<Measurement[]> {
  const { plan, server, filled } = bench;
  const file = join(bench.folder, `indicators-${size}`);
  const columns = ['timestamp', ...WRITTEN].join(', ');
  await server.psql(await filled.rows(size), `\\copy (select ${columns} from rolling_chart_data) to '${file}'\n`);
  const changed = filled.variant(`changed ${size}`, () => changeIndicators(bench, size));
  const runs = { limit: [] as Run[], all: [] as Run[], none: [] as Run[] };
  let updated = 0;
  for (let repeat = 1; repeat <= plan.repeats; repeat += 1) {
    bench.log(`rebuild of ${size} rows, ${repeat} of ${plan.repeats}`);
    await filled.withCopy(changed, async (url) => runs.limit.push(await server.psql(url, limitScript(file))));
    await filled.withCopy(changed, async (url) => {
      const run = await bench.chartctl(['rebuild', SYMBOL], { url });
      if (run.symbols[0]?.rewritten === 0) throw new Error('nothing was rewritten');
      runs.all.push(run);
    });
    await filled.withCopy(filled.rows(size), async (url) => {
      const before = await countUpdates(bench, url);
      runs.none.push(await bench.chartctl(['rebuild', SYMBOL], { url }));
      updated += (await countUpdates(bench, url)) - before;
    });
  }
  return [
    summarizeRuns({ name: 'limit-update', size }, runs.limit),
    summarizeRuns({ name: 'rebuild-all', size }, runs.all, [
      atLeast('of the speed of limit-update', speedup(runs.limit, runs.all), ALL_BOUND),
    ]),
    summarizeRuns({ name: 'rebuild-none', size }, runs.none, [
      atLeast('times as fast as rebuild-all', speedup(runs.all, runs.none), 5),
      atLeast('times as fast as rebuild-all has to be', speedup(runs.limit, runs.none) / ALL_BOUND, 5),
      atMost('rows updated (n_tup_upd)', updated, 0),
    ]),
  ];
}

/** A table with slightly wrong indicators and without dead rows. */
async function changeIndicators({ server, filled }: Bench, size: number): Promise<string> {
  const url = await server.create(await filled.rows(size));
  await server.query(url, CHANGE_INDICATORS);
  await server.query(url, 'vacuum full analyze rolling_chart_data');
  return url;
}

function limitScript(file: string): string {
  const assignments = WRITTEN.map((name) => `${name} = fresh.${name}`);
  const declared = INDICATOR_COLUMNS.map((name) => `${name} double precision`);
  return [
    'begin;',
    `create temporary table fresh (timestamp timestamptz, ${declared.join(', ')}, iscomplete boolean) on commit drop;`,
    `\\copy fresh from '${file}'`,
    `update rolling_chart_data r set ${assignments.join(', ')} from fresh`,
    `where r.symbol = '${SYMBOL}' and r.timestamp = fresh.timestamp;`,
    'commit;',
    '',
  ].join('\n');
}

async function countUpdates({ server }: Bench, url: string): Promise<number> {
  const statement = "select n_tup_upd::int as updated from pg_stat_user_tables where relname = 'rolling_chart_data'";
  return (await server.query<{ updated: number }>(url, statement))[0]!.updated;
}
