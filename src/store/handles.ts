import type { Knex } from 'knex';

/** What statements run on: the pool, or an open transaction. */
export type Db = Knex;

/** An open transaction. */
export type Transaction = Knex.Transaction;
