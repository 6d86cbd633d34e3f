import type { Knex } from 'knex';

/** What statements run on: the pool, or an open transaction. */
export type Db = Knex;

/** An open transaction. */
export type Transaction = Knex.Transaction;

/** An open database. */
export interface Store {
  /** The embedded database has one connection: a second one beside an open transaction is refused after 10 s. */
  readonly kind: 'postgres' | 'embedded';
  /** The database's name for messages, without a password. */
  readonly label: string;
  /** The directory of the embedded database. */
  readonly dataDir?: string | undefined;
  /** For other SQL; see the documentation of Knex. */
  readonly knex: Knex;
  /** Closes all connections. */
  close(): Promise<void>;
}
