import { Failure } from '../../core/failure.js';
import type { Db, Store } from '../../database/store.js';

/** Extensions of PostgreSQL that divide the chart table: Citus over machines, TimescaleDB into chunks of time. */
export const ENGINES = ['citus', 'timescaledb'] as const;
export type Engine = (typeof ENGINES)[number];

/** The names of the engines in messages. */
export const ENGINE_TITLES: Readonly<Record<Engine, string>> = { citus: 'Citus', timescaledb: 'TimescaleDB' };

/** What the user said about the engine. */
export interface EngineOptions {
  /** `none`: the tables stay plain. Default: the installed engine, for a table that is created or adopted. */
  engine?: Engine | 'none' | undefined;
  /** Citus: the number of shards of each distributed table. Default: the server's `citus.shard_count`. */
  shards?: number | undefined;
  /** TimescaleDB: the time range of a chunk. */
  chunkIntervalMs?: number | undefined;
  /** TimescaleDB: the age at which a chunk is compressed; null: never. */
  compressAfterMs?: number | null | undefined;
}

/** An engine that is installed in the database. */
export interface InstalledEngine {
  /** The name of the extension. */
  name: Engine;
  /** As the extension says it, such as "12.1-1". */
  version: string;
}

/** Something about the engine that is not as it should be. */
export interface EngineProblem {
  problem: string;
  /** SQL or a command that can be pasted. */
  remedy: string;
  /** Statements fail because of it. */
  isSerious: boolean;
}

/** The engines among the extensions of the database. */
export async function findInstalledEngines(db: Db): Promise<InstalledEngine[]> {
  const { rows } = await db.raw<{ rows: InstalledEngine[] }>(
    `SELECT extname AS name, extversion AS version FROM pg_extension WHERE extname = ANY (?::text[]) ORDER BY extname`,
    [[...ENGINES]],
  );
  return rows;
}

/** @throws Failure (usage) when an engine is named for the embedded database, which cannot have one */
export function requireServer({ kind }: Store, { engine }: EngineOptions): void {
  if (kind !== 'embedded' || engine === undefined || engine === 'none') return;
  throw new Failure('usage', `--engine was "${engine}", and the embedded database has no extensions`, {
    hint: `set DATABASE_URL to a PostgreSQL server with ${ENGINE_TITLES[engine]}`,
    code: 'ENGINE_NOT_INSTALLED',
  });
}

/** The engine that a migration uses. */
export interface ChosenEngine {
  /** Null: the tables stay plain. */
  engine: InstalledEngine | null;
  /** How it was chosen, if the user did not choose it. */
  notice: string | null;
}

/**
 * The engine that a migration uses: the one that the user names, else the one that divides the chart table already,
 * else, for a table that is created or adopted, the one that is installed. A table that chartctl has migrated before as
 * a plain one is converted only on request.
 *
 * @param current the engine that divides the chart table
 * @param isNew the chart table is about to be created or adopted
 * @throws Failure (usage) when the named engine is not installed, or when another one is in use
 */
export function chooseEngine(
  { engine: requested }: EngineOptions,
  { installed, current, isNew }: { installed: readonly InstalledEngine[]; current: Engine | null; isNew: boolean },
): ChosenEngine {
  const find = (name: Engine) => installed.find((each) => each.name === name);
  if (requested !== undefined && requested !== 'none' && !find(requested)) throw toNotInstalled(requested);
  if (current !== null) {
    if (requested === undefined || requested === current) return { engine: find(current) ?? null, notice: null };
    throw new Failure(
      'usage',
      `--engine was "${requested}", and ${ENGINE_TITLES[current]} divides rolling_chart_data`,
      {
        hint: `${UNDO[current]}    then run: chartctl migrate --engine ${requested}`,
        code: 'ENGINE_IN_USE',
      },
    );
  }
  if (requested === 'none') return { engine: null, notice: null };
  if (requested !== undefined) return { engine: find(requested)!, notice: null };
  if (installed.length > 1) throw toAmbiguous(installed);
  const [found] = installed;
  if (!found) return { engine: null, notice: null };
  const title = `${ENGINE_TITLES[found.name]} ${found.version}`;
  return isNew
    ? {
        engine: found,
        notice: `${title} is installed in the database and is used; --engine none keeps the tables plain`,
      }
    : {
        engine: null,
        notice: `${title} is installed in the database, and the tables are plain; chartctl migrate --engine ${found.name} converts them`,
      };
}

/** What makes the table plain again; `migrations/README.md` has the whole. */
const UNDO: Readonly<Record<Engine, string>> = {
  citus: `SELECT undistribute_table('rolling_chart_data');`,
  timescaledb: 'copy the rows into a plain table, as migrations/README.md says under "Back to plain tables";',
};

function toNotInstalled(name: Engine): Failure {
  const hint =
    name === 'citus'
      ? 'CREATE EXTENSION citus;    -- on every node, with citus in shared_preload_libraries; then citus_add_node on the coordinator'
      : 'CREATE EXTENSION timescaledb;    -- with timescaledb in shared_preload_libraries';
  const message = `--engine was "${name}", and the extension ${name} is not installed in the database`;
  return new Failure('usage', message, { hint, code: 'ENGINE_NOT_INSTALLED' });
}

function toAmbiguous(installed: readonly InstalledEngine[]): Failure {
  const names = installed.map(({ name }) => name);
  return new Failure('usage', `the database has the extensions ${names.join(' and ')}; one of them can be used`, {
    hint: names.map((name) => `chartctl migrate --engine ${name}`).join(', or '),
    code: 'ENGINE_AMBIGUOUS',
  });
}
