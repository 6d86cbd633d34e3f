/** Declares what the dialect uses of Knex's PostgreSQL client and its transactions, which have no types. */
declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex';

  export default class PostgresClient extends Knex.Client {
    protected _parseVersion(version: string): string;
  }
}

declare module 'knex/lib/dialects/postgres/execution/pg-transaction.js' {
  export default class PostgresTransaction {
    constructor(client: object, ...options: unknown[]);
    isolationLevel: string | undefined;
    readOnly: boolean | undefined;
    query(connection: object, sql: string): Promise<unknown>;
    begin(connection: object): Promise<unknown>;
  }
}
