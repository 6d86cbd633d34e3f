/** How a function behaves, as PostgreSQL's catalogue says; of overloads the least stable one. */
export type Volatility = 'immutable' | 'stable' | 'volatile';

/** The functions of PostgreSQL itself by name; a name that is missing belongs to an extension or to the platform. */
export type Functions = ReadonlyMap<string, Volatility>;

/** The query of `toFunctions`. */
export const FUNCTIONS_SQL = `
  SELECT proname AS name, max(CASE provolatile WHEN 'i' THEN 0 WHEN 's' THEN 1 ELSE 2 END) AS rank
  FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace GROUP BY proname`;

const RANKS: readonly Volatility[] = ['immutable', 'stable', 'volatile'];

/** Reads the rows of `FUNCTIONS_SQL`. */
export function toFunctions(rows: readonly { name: string; rank: number }[]): Functions {
  return new Map(rows.map(({ name, rank }) => [name, RANKS[rank]!]));
}
