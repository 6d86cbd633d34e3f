import type { Db } from '../../database/store.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { type CitusState, readCitus } from './citus/citus-state.js';
import { type Engine, findInstalledEngines, type InstalledEngine } from './engine.js';
import { readTimescale, type TimescaleState } from './timescaledb/timescale-state.js';

/** What the installed engines say about the tables. */
export interface EngineState {
  installed: InstalledEngine[];
  citus: CitusState | null;
  timescale: TimescaleState | null;
  /** The engine that divides the chart table; null: it is plain, or does not exist. */
  current: Engine | null;
}

/** Reads which engines are installed and how they store the tables; one query where there is none. */
export async function readEngineState(db: Db): Promise<EngineState> {
  const installed = await findInstalledEngines(db);
  const versionOf = (name: Engine) => installed.find((engine) => engine.name === name)?.version;
  const [citusVersion, timescaleVersion] = [versionOf('citus'), versionOf('timescaledb')];
  const citus = citusVersion === undefined ? null : await readCitus(db, citusVersion);
  const timescale = timescaleVersion === undefined ? null : await readTimescale(db, timescaleVersion);
  const chart = citus?.tables.find(({ name }) => name === CHART_TABLE);
  const isDivided = chart !== undefined && chart.placement !== 'local';
  return { installed, citus, timescale, current: isDivided ? 'citus' : timescale?.hypertable ? 'timescaledb' : null };
}
