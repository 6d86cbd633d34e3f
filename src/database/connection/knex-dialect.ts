import PostgresTransaction from 'knex/lib/dialects/postgres/execution/pg-transaction.js';
import PostgresClient from 'knex/lib/dialects/postgres/index.js';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import postgres, { type Row } from 'postgres';
import { toBindingText } from '../format/text-format.js';
import type { PostgresConnection } from './postgres-connection.js';

/** Knex's option `connection`: how to open one, so that no password passes through Knex. */
export interface DialectConnection {
  openConnection: () => Promise<PostgresConnection>;
}

interface KnexQuery {
  sql: string;
  bindings?: readonly unknown[];
  response?: unknown;
}

const MAX_SHOWN_STATEMENT = 500;
const STREAM_BATCH = 500;

/**
 * What the text of numbers and arrays depends on: numbers are printed with all their digits, and NULL in an array literal
 * is NULL, not a text. An administrator may have set other values on the database or the role.
 *
 * They are set for each transaction, together with BEGIN, because a pooler rejects them as start-up parameters and
 * gives each transaction another session. So numbers that are printed as text, and arrays with NULL, need a transaction.
 *
 * The first setting, which other servers store and ignore, makes Citus apply these and later SET LOCAL on its workers, too.
 */
const TRANSACTION_SETTINGS =
  "SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL extra_float_digits = 1; SET LOCAL array_nulls = on";

/** Knex's transaction; the others of its statements do not differ. */
class SettledTransaction extends PostgresTransaction {
  override begin(connection: object): Promise<unknown> {
    const isolation = this.isolationLevel ? ` ISOLATION LEVEL ${this.isolationLevel}` : '';
    const begin = `BEGIN TRANSACTION${isolation}${this.readOnly ? ' READ ONLY' : ''}`;
    return this.query(connection, `${begin}; ${TRANSACTION_SETTINGS}`);
  }
}

/**
 * Knex's PostgreSQL dialect with postgres.js as the driver.
 *
 * For a transaction Knex creates a client from the prototype without calling the constructor: private fields would be
 * missing.
 */
export class KnexDialect extends PostgresClient {
  declare connectionSettings: DialectConnection;
  declare acquireConnection: () => Promise<PostgresConnection>;
  declare releaseConnection: (connection: PostgresConnection) => Promise<void>;

  _driver() {
    return postgres;
  }

  _acquireOnlyConnection(): Promise<PostgresConnection> {
    return this.connectionSettings.openConnection();
  }

  checkVersion(connection: PostgresConnection): Promise<string> {
    return Promise.resolve(this._parseVersion(connection.version));
  }

  override destroyRawConnection(connection: PostgresConnection): Promise<void> {
    return connection.close();
  }

  async _query(connection: PostgresConnection, query: KnexQuery): Promise<KnexQuery> {
    if (!query.sql) throw new Error('the statement is empty');
    try {
      query.response = await connection.run(query.sql, toBindings(query));
      return query;
    } catch (error) {
      query.sql = shorten(query.sql); // Knex puts the statement before the message
      throw error;
    }
  }

  async _stream(
    connection: PostgresConnection,
    query: KnexQuery,
    target: Writable,
    options?: { batchSize?: number },
  ): Promise<void> {
    const batches = connection.stream(query.sql, toBindings(query), options?.batchSize ?? STREAM_BATCH);
    await pipeline(Readable.from(rowsOf(batches)), target);
  }
}

Object.assign(KnexDialect.prototype, {
  dialect: 'postgresql',
  driverName: 'postgres',
  canCancelQuery: false,
  transaction(...options: unknown[]) {
    return new SettledTransaction(this, ...options);
  },
});

function toBindings(query: KnexQuery): (string | null)[] {
  return (query.bindings ?? []).map(toBindingText);
}

async function* rowsOf(batches: AsyncIterable<Row[]>): AsyncGenerator<Row> {
  for await (const batch of batches) yield* batch;
}

function shorten(text: string): string {
  return text.length <= MAX_SHOWN_STATEMENT ? text : `${text.slice(0, MAX_SHOWN_STATEMENT)}...`;
}
