import type { Db } from '../database/store.js';

/** An undo. What it undid stays undone, whatever its outcome. */
export interface StoredUndo {
  id: number;
  /** The ID of the job that it undoes. */
  undoes: number;
  /** It undid the job for all symbols. */
  isWhole: boolean;
  /** If it is not whole: the symbols for which it undid the job. */
  symbols: readonly string[];
}

/** Every undo that changed rows or succeeded without changes, in order. */
export async function findUndos(db: Db): Promise<StoredUndo[]> {
  const { rows } = await db.raw<{ rows: { id: string; undoes: string; whole: boolean }[] }>(
    `SELECT id, arguments->>'undoes' AS undoes, exit_code IS NOT DISTINCT FROM 0 AS whole
     FROM chartctl_jobs WHERE command = 'undo' ORDER BY id`,
  );
  const symbols = await findSymbolsByJob(
    db,
    rows.filter(({ whole }) => !whole).map(({ id }) => Number(id)),
  );
  return rows
    .map(({ id, undoes, whole }) => {
      return { id: Number(id), undoes: Number(undoes), isWhole: whole, symbols: symbols.get(Number(id)) ?? [] };
    })
    .filter((undo) => undo.isWhole || undo.symbols.length > 0);
}

/** The symbols whose rows each of these jobs changed, in order; jobs that changed none are left out. */
export async function findSymbolsByJob(db: Db, jobIds: readonly number[]): Promise<Map<number, string[]>> {
  const found = new Map<number, Set<string>>();
  if (jobIds.length === 0) return new Map();
  for (const table of ['chartctl_changes', 'chartctl_inserts']) {
    const { rows } = await db.raw<{ rows: { job_id: string; symbol: string }[] }>(
      `SELECT DISTINCT job_id, symbol FROM ${table} WHERE job_id = ANY(?::bigint[])`,
      [[...jobIds]],
    );
    for (const { job_id, symbol } of rows) {
      const symbols = found.get(Number(job_id)) ?? new Set();
      found.set(Number(job_id), symbols.add(symbol));
    }
  }
  return new Map([...found].map(([jobId, symbols]) => [jobId, [...symbols].sort()]));
}
