import type { Db } from '../../database/store.js';

/** PostgreSQL cuts longer identifiers off. */
const MAX_NAME_BYTES = 63;

/**
 * A name for a new relation: the wished one, or with the first number that makes it free in every schema of
 * `search_path`.
 */
export async function findFreeName(db: Db, wished: string): Promise<string> {
  const { rows } = await db.raw<{ rows: { name: string }[] }>(
    `SELECT relname AS name FROM pg_class WHERE relname LIKE ? AND relnamespace = ANY (
       SELECT oid FROM pg_namespace WHERE nspname = ANY (current_schemas(true)))`,
    [`${wished.slice(0, MAX_NAME_BYTES - 4).replaceAll('_', '\\_')}%`],
  );
  return pickFreeName(
    wished,
    rows.map(({ name }) => name),
  );
}

/** The wished name, or with the first number from 2 on that makes it differ from the taken ones. */
export function pickFreeName(wished: string, taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `_${number}`;
    const name = wished.slice(0, MAX_NAME_BYTES - suffix.length) + suffix;
    if (!taken.includes(name)) return name;
  }
}
