/** Declares what the dialect uses of Knex's PostgreSQL client, which has no types. */
declare module 'knex/lib/dialects/postgres/index.js' {
  import { Knex } from 'knex';

  export default class PostgresClient extends Knex.Client {
    protected _parseVersion(version: string): string;
  }
}
