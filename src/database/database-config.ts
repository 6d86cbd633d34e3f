/**
 * Where the rows are: on a PostgreSQL server, or in a folder of the embedded one, which is implied where nothing in the
 * configuration names a database.
 */
export type DatabaseConfig =
  { kind: 'postgres'; url: string } | { kind: 'embedded'; dataDir: string; isImplied?: boolean };
