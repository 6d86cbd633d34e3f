/** Where the rows are: on a PostgreSQL server, or in a folder of the embedded one. */
export type DatabaseConfig = { kind: 'postgres'; url: string } | { kind: 'embedded'; dataDir: string };
