import type { Db } from '../../../database/store.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { quoteName } from '../legacy-table.js';

/** A trigger or rule of the platform on the chart table that is not disabled. */
export interface PlatformTrigger {
  kind: 'TRIGGER' | 'RULE';
  name: string;
  /** `tgenabled` or `ev_enabled`: O enabled, R in replica mode, A always. */
  state: string;
}

/** The enabled triggers and rules of the table, by name; not those that implement foreign keys or hypertables. */
export async function findTriggers(db: Db): Promise<PlatformTrigger[]> {
  const { rows } = await db.raw<{ rows: PlatformTrigger[] }>(`
    SELECT 'TRIGGER' AS kind, tgname AS name, tgenabled::text AS state FROM pg_trigger
    WHERE tgrelid = to_regclass('${CHART_TABLE}') AND NOT tgisinternal AND tgenabled <> 'D'
      AND (SELECT pronamespace FROM pg_proc p WHERE p.oid = tgfoid)::regnamespace::text NOT LIKE '\\_timescaledb\\_%'
    UNION ALL
    SELECT 'RULE', rulename, ev_enabled::text FROM pg_rewrite
    WHERE ev_class = to_regclass('${CHART_TABLE}') AND rulename <> '_RETURN' AND ev_enabled <> 'D'
    ORDER BY 1, 2
  `);
  return rows;
}

/** SQL that disables a trigger or rule; it stays defined. */
export function toDisableSql({ kind, name }: PlatformTrigger): string {
  return `ALTER TABLE ${CHART_TABLE} DISABLE ${kind} ${quoteName(name)};`;
}

function toEnableSql({ kind, name, state }: PlatformTrigger): string {
  const mode = { R: 'ENABLE REPLICA', A: 'ENABLE ALWAYS' }[state] ?? 'ENABLE';
  return `ALTER TABLE ${CHART_TABLE} ${mode} ${kind} ${quoteName(name)};`;
}

/**
 * SQL that runs statements while the triggers and rules are disabled, since these may reject or change rows. It is one
 * statement: when one part fails, the triggers are enabled again, and no other session writes without them.
 */
export function withoutTriggersSql(triggers: readonly PlatformTrigger[], statements: string): string {
  if (triggers.length === 0) return statements;
  const parts = [
    ...triggers.map(toDisableSql),
    statements,
    'SET CONSTRAINTS ALL IMMEDIATE;',
    ...triggers.map(toEnableSql),
  ];
  return `DO $untriggered$ BEGIN ${parts.join(' ')} END $untriggered$;`;
}

/** Runs `work`, in the transaction of `db`, while the triggers and rules are disabled. */
export async function withoutTriggers<T>(
  db: Db,
  triggers: readonly PlatformTrigger[],
  work: () => Promise<T>,
): Promise<T> {
  for (const trigger of triggers) await db.raw(toDisableSql(trigger));
  const result = await work(); // after an error the transaction is rolled back, and the triggers with it
  for (const trigger of triggers) await db.raw(toEnableSql(trigger));
  return result;
}
