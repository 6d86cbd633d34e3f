/** Knex's own PostgreSQL client, which has no declaration: what the dialect uses of it. */
declare module 'knex/lib/dialects/postgres/index.js' {
  import { Knex } from 'knex';

  export default class PostgresClient extends Knex.Client {
    protected _parseVersion(version: string): string;
  }
}
