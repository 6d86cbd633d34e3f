/** A folder of the embedded PostgreSQL. */
interface EmbeddedConfig {
  kind: 'embedded';
  dataDir: string;
  /** Whether nothing in the configuration names a database: the folder is that of the platform. */
  isImplied?: boolean;
}

/** Where the rows are: on a PostgreSQL server, or in a folder of the embedded one. */
export type DatabaseConfig = { kind: 'postgres'; url: string } | EmbeddedConfig;
