import { Failure } from '../../core/failure.js';
import type { Db } from '../../database/store.js';
import type { LegacyRows } from '../adoption/legacy-rows.js';
import { currentName, type LegacyTable } from '../adoption/legacy-table.js';
import type { Refusal } from '../adoption/refusal.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { describeCitusSteps, findMisplaced, refuseNodes } from './citus/citus-plan.js';
import { readCitus } from './citus/citus-state.js';
import { chooseEngine, type Engine, ENGINE_TITLES, type EngineOptions, type InstalledEngine } from './engine.js';
import { readEngineState } from './engine-state.js';
import { findEngineObstacles, refuseEngineObstacles } from './obstacles.js';
import { DISTRIBUTION_COLUMN, TIME_COLUMN } from './placement.js';
import { refuseRows } from './refuse-rows.js';
import { refuseHypertable } from './timescaledb/refuse-hypertable.js';
import { planHypertable } from './timescaledb/timescale-plan.js';
import { readTimescale } from './timescaledb/timescale-state.js';

/** What a migration does so that the engine stores the tables as the statements need them. */
export interface EnginePlan {
  /** Null: the tables stay plain. */
  engine: InstalledEngine | null;
  notices: string[];
  /** One sentence for each step, in order. */
  steps: string[];
  refusals: Refusal[];
}

/**
 * Reads what the engine needs; changes nothing.
 *
 * @param table the table that is adopted, if there is one
 * @throws Failure (usage) when an option does not suit the engine
 */
export async function planEngine(
  db: Db,
  options: EngineOptions,
  { isNew, table }: { isNew: boolean; table: LegacyTable | undefined },
): Promise<EnginePlan> {
  const state = await readEngineState(db);
  const { engine, notice } = chooseEngine(options, { ...state, isNew });
  requireSuitable(options, engine);
  const notices = notice === null ? [] : [notice];
  if (!engine) return { engine, notices, steps: [], refusals: [] };
  const key = [DISTRIBUTION_COLUMN, TIME_COLUMN].map((name) => nameOf(table, name));
  const needed = engine.name === 'citus' ? key.slice(0, 1) : key.slice(1);
  const isConverted = state.current === null;
  const refusals = isConverted
    ? [
        ...refuseEngineObstacles(engine.name, await findEngineObstacles(db), needed),
        ...(await refuseRows(db, engine.name, needed[0]!, table)),
      ]
    : [];
  if (engine.name === 'citus') {
    const citus = state.citus!;
    const misplaced = findMisplaced(citus, options.shards);
    const manual = misplaced.filter(({ isManual }) => isManual);
    refusals.unshift(
      ...refuseNodes(citus),
      ...manual.map(({ problem, statements }) => ({ problem, remedy: statements.join('\n') })),
    );
    const steps = describeCitusSteps(citus, misplaced, options.shards);
    return { engine, notices, steps: refusals.length > 0 ? [] : steps, refusals };
  }
  const timescale = state.timescale!;
  refusals.unshift(...refuseHypertable(timescale, options, table));
  if (isConverted && !timescale.mayCompress) notices.push(NO_COMPRESSION);
  const steps = planHypertable(timescale, options).map(({ does }) => does);
  return { engine, notices, steps: refusals.length > 0 ? [] : steps, refusals };
}

const NO_COMPRESSION = 'this edition of TimescaleDB cannot compress chunks (timescaledb.license is apache)';

/**
 * Refuses to adopt a distributed table whose rows have to be removed, moved or converted: statements that do so need all
 * rows on one machine. The adoption alone only adds columns and marks rows, which Citus does in place.
 */
export async function refuseWhileDistributed(
  db: Db,
  { rows, isQuoteVolume, refusals }: { rows: LegacyRows | null; isQuoteVolume: boolean; refusals: readonly Refusal[] },
): Promise<Refusal[]> {
  if ((await readEngineState(db)).current !== 'citus') return [];
  const reasons = [
    ...(rows && rows.duplicates > 0 ? [`${rows.duplicates} duplicate rows must be removed`] : []),
    ...(rows?.setAside ? [`${rows.setAside.count} rows are set aside`] : []),
    ...(isQuoteVolume ? ['volumes are converted'] : []),
    ...(refusals.some(({ remedy }) => /\b(UPDATE|DELETE)\b/.test(remedy)) ? ['the SQL below changes rows'] : []),
  ];
  if (reasons.length === 0) return [];
  const remedy = `SELECT undistribute_table('${CHART_TABLE}');    -- chartctl migrate distributes it again`;
  return [
    { problem: `${CHART_TABLE} is distributed, and ${reasons.join(', and ')}: that needs a plain table`, remedy },
  ];
}

/** Places the tables, after the migrations have created them, inside their transaction. */
export async function applyEngine(trx: Db, engine: InstalledEngine, options: EngineOptions): Promise<void> {
  if (engine.name === 'timescaledb') {
    const state = await readTimescale(trx, engine.version);
    for (const { statements } of planHypertable(state, options)) await runAll(trx, statements);
    return;
  }
  const misplaced = findMisplaced(await readCitus(trx, engine.version), options.shards);
  for (const { statements } of misplaced) await runAll(trx, statements);
}

async function runAll(trx: Db, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await trx.raw(statement);
}

/** @throws Failure (usage) for an option of another engine */
function requireSuitable(options: EngineOptions, engine: InstalledEngine | null): void {
  const given: [option: string, value: unknown, engine: Engine][] = [
    ['--shards', options.shards, 'citus'],
    ['--chunk-interval', options.chunkIntervalMs, 'timescaledb'],
    ['--compress-after', options.compressAfterMs, 'timescaledb'],
  ];
  const wrong = given.find(([, value, name]) => value !== undefined && name !== engine?.name);
  if (!wrong) return;
  const [option, , needed] = wrong;
  const used = engine ? `${ENGINE_TITLES[engine.name]} is used` : 'the tables are plain';
  throw new Failure('usage', `${option} is about ${ENGINE_TITLES[needed]}, and ${used}`, {
    hint: `run chartctl migrate without ${option}, or with --engine ${needed}`,
    code: 'ENGINE_OPTION',
  });
}

/** The name that a column of the key has now. */
function nameOf(table: LegacyTable | undefined, name: 'symbol' | 'timestamp'): string {
  const quoted = table && currentName(table, name);
  return quoted === undefined ? name : quoted.slice(1, -1).replaceAll('""', '"');
}
