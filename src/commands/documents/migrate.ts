import type { MigrateSummary } from '../../jobs/migrate.js';
import type { Refusal } from '../../tables/adoption/refusal.js';
import type { EngineReport } from '../../tables/engine/describe-engine.js';
import { ENGINES, type EngineProblem, type InstalledEngine } from '../../tables/engine/engine.js';
import type { MigrationPlan } from '../../tables/migration/plan.js';
import { documentOf, documentOfForms } from '../framework/document/document.js';
import { about, boolean, integer, list, nullable, object, oneOf, optional, text } from '../framework/document/shape.js';

/** What `--status` says. */
interface Status {
  applied: string[];
  pending: string[];
  unknown: string[];
  engine: EngineReport;
}

/** What `--rollback` did. */
interface Rollback {
  rolledBack: string[];
  kept: string[];
}

type Done = Omit<MigrateSummary, 'jobId' | 'notices'>;
type Plan = Omit<MigrationPlan, 'notices'>;

/** The results of the command's modes. */
export type MigrateMembers = Status | Plan | Done | Rollback;

const names = list(text);
const engine = about(
  'The engine that stores the tables; null: they are plain.',
  nullable(object<InstalledEngine>({ name: oneOf(...ENGINES), version: text })),
);
const steps = about('One sentence for each step, in order.', names);
const applied = about('The migrations that were applied.', names);
const pending = about('The migrations that are still to be applied.', names);

const doneDocument = documentOf<Done, Done>((done) => done, {
  applied,
  steps,
  engine,
  duplicatesRemoved: integer,
  adoptedRows: integer,
  setAside: about(
    'Rows that --where left out, and the table to which they were moved.',
    nullable(object<NonNullable<Done['setAside']>>({ table: text, rows: integer })),
  ),
  next: about('The command that must follow.', nullable(text)),
});

const planDocument = documentOf<Plan, Plan>((plan) => plan, {
  pending,
  engine,
  steps,
  refusals: about(
    'If there are any, nothing would be migrated.',
    list(object<Refusal>({ problem: text, remedy: text, option: optional(text) })),
  ),
});

type EngineState = Omit<EngineReport, 'name' | 'version'>;

const engineState = object<EngineState>({
  summary: nullable(text),
  shards: nullable(integer),
  nodes: nullable(integer),
  chunks: nullable(integer),
  compressedChunks: nullable(integer),
  chunkIntervalMs: nullable(integer),
  compressAfterMs: nullable(integer),
  problems: list(object<EngineProblem>({ problem: text, remedy: text, isSerious: boolean })),
});

const statusDocument = documentOf<
  Status,
  Omit<Status, 'engine'> & { engine: InstalledEngine | null; engineState: EngineState }
>(
  ({ engine: { name, version, ...state }, ...status }) => ({
    ...status,
    engine: name === null ? null : { name, version: version ?? '' },
    engineState: state,
  }),
  { applied, pending, unknown: about('Applied by a newer chartctl.', names), engine, engineState },
);

const rollbackDocument = documentOf<Rollback, Rollback>((rollback) => rollback, {
  rolledBack: about('The migrations that were undone.', names),
  kept: about('The tables that remain.', names),
});

const withMembers = <Result>(document: ReturnType<typeof documentOf<Result, object>>) => ({
  ...document,
  toMembers: ({ members }: { members: Result }, problems: ReadonlyMap<string, never>) =>
    document.toMembers(members, problems),
});

export const migrateDocument = documentOfForms<{ members: MigrateMembers }>(
  ({ members }) => ['adoptedRows', 'refusals', 'unknown', 'rolledBack'].findIndex((name) => name in members),
  [withMembers(doneDocument), withMembers(planDocument), withMembers(statusDocument), withMembers(rollbackDocument)],
);
