import type { Knex } from 'knex';

/** What statements run on: the pool, or an open transaction. */
export type Db = Knex;

/** An open transaction. */
export type Transaction = Knex.Transaction;

/** An open database. */
export interface Store {
  /** The embedded database has one connection: a second one beside an open transaction is refused after 10 s. */
  readonly kind: 'postgres' | 'embedded';
  /** Names the database to people; no password. */
  readonly label: string;
  /** Where the embedded database is kept. */
  readonly dataDir?: string | undefined;
  /** For SQL of one's own; Knex's own manual explains it. */
  readonly knex: Knex;
  /** Closes every connection. */
  close(): Promise<void>;
}
