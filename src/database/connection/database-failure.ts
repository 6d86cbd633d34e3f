import postgres from 'postgres';
import { Failure, type FailureKind } from '../../core/failure.js';
import { ConnectionError } from './connection-error.js';

interface Explanation {
  kind: FailureKind;
  /** What happened; follows the database's name. */
  message: string;
  hint: string;
}

const RETRY = 'check that it runs and can be reached from here, then run the same command again';
const RETRY_LATER =
  'check that it runs, can be reached from here, and that a pooler on the way has a connection left; then run it again';
const RAISE_POOL_SIZE =
  "run it again when fewer run at once, or raise the pooler's default_pool_size: every running command needs 2, undo 3";
const AUTHENTICATION = 'check the user and the password in DATABASE_URL, and pg_hba.conf on the server';

const UTF8_HINT = "its encoding lacks the character: move to a database that was created with ENCODING 'UTF8'";

/** For SQLSTATE 0A000 with another reason than row-level security, as of an extension that distributes the tables. */
const UNSUPPORTED_HINT = 'chartctl doctor says whether the server and its extensions are set up as chartctl expects';

/** By SQLSTATE or by the system's error code. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: { kind: 'temporary', message: 'refused the connection', hint: RETRY },
  ENOTFOUND: { kind: 'temporary', message: 'has a host name that cannot be found', hint: RETRY },
  EAI_AGAIN: { kind: 'temporary', message: 'has a host name that cannot be looked up at the moment', hint: RETRY },
  ETIMEDOUT: { kind: 'temporary', message: 'did not answer in time', hint: RETRY },
  CONNECT_TIMEOUT: { kind: 'temporary', message: 'did not answer in time', hint: RETRY_LATER },
  ANSWER_TIMEOUT: { kind: 'temporary', message: 'did not answer in time', hint: RETRY_LATER },
  ECONNRESET: { kind: 'temporary', message: 'closed the connection', hint: RETRY },
  EPIPE: { kind: 'temporary', message: 'closed the connection', hint: RETRY },
  CONNECTION_CLOSED: { kind: 'temporary', message: 'closed the connection', hint: RETRY },
  CONNECTION_DESTROYED: { kind: 'temporary', message: 'closed the connection', hint: RETRY },
  ENOENT: { kind: 'temporary', message: 'has no socket in that directory', hint: RETRY },
  '08': { kind: 'temporary', message: 'closed the connection', hint: RETRY },
  '57P01': { kind: 'temporary', message: 'was shut down', hint: RETRY },
  '57P02': { kind: 'temporary', message: 'crashed and recovers', hint: RETRY },
  '57P03': { kind: 'temporary', message: 'is starting up or shutting down', hint: RETRY },
  '57P05': {
    kind: 'temporary',
    message: 'ended an idle connection',
    hint: 'raise its idle_session_timeout, or try again',
  },
  '25P03': {
    kind: 'temporary',
    message: 'ended a transaction that was idle',
    hint: 'raise its idle_in_transaction_session_timeout, or try again',
  },
  '25P04': {
    kind: 'temporary',
    message: 'ended a transaction that took too long',
    hint: 'raise its transaction_timeout, or try again',
  },
  '55P03': {
    kind: 'temporary',
    message: 'did not get a lock in time',
    hint: 'find the session that holds it in pg_stat_activity, raise its lock_timeout, or try again',
  },
  '57014': { kind: 'temporary', message: 'cancelled the statement', hint: 'raise its statement_timeout, or try again' },
  '53300': { kind: 'temporary', message: 'has no connection left', hint: 'try again later, or raise max_connections' },
  '40001': { kind: 'temporary', message: 'had too many conflicting transactions', hint: 'run the same command again' },
  '40P01': { kind: 'temporary', message: 'had too many deadlocks', hint: 'run the same command again' },
  POOLER_MODE: {
    kind: 'usage',
    message: 'is behind a pooler that does not support transactions',
    hint: 'set its pool_mode to transaction or session',
  },
  POOLER_SETTING: {
    kind: 'usage',
    message: 'is behind a pooler that does not accept a setting',
    hint: "remove it from DATABASE_URL, or add it to the pooler's ignore_startup_parameters",
  },
  POOLER_FULL: { kind: 'temporary', message: 'is behind a pooler that has no connection left', hint: RAISE_POOL_SIZE },
  '28P01': { kind: 'usage', message: 'did not accept the password', hint: AUTHENTICATION },
  '28000': { kind: 'usage', message: 'rejected the user', hint: AUTHENTICATION },
  '3D000': { kind: 'usage', message: 'does not exist', hint: 'create it (createdb), or correct DATABASE_URL' },
  '22P05': { kind: 'failed', message: 'cannot hold a character', hint: UTF8_HINT },
  '22021': { kind: 'failed', message: 'cannot hold a character', hint: UTF8_HINT },
  '42501': {
    kind: 'failed',
    message: 'did not permit this',
    hint: 'chartctl doctor names the GRANT that the user of DATABASE_URL lacks; migrate and --keep-history are for the owner of the tables',
  },
  '25006': {
    kind: 'failed',
    message: 'is read-only',
    hint: 'connect to the primary server, not to a standby, and check default_transaction_read_only',
  },
  '0A000': {
    kind: 'failed',
    message: 'does not support the statement',
    hint: 'with row-level security, only a role with BYPASSRLS can copy rows in',
  },
  '53100': { kind: 'failed', message: 'has no disk space left', hint: 'free space on its disk, then run it again' },
  '53200': { kind: 'failed', message: 'has no memory left', hint: 'free memory on its machine, then run it again' },
};

/** Name of Knex's error when all connections of the pool remain in use. */
const POOL_TIMEOUT = 'KnexTimeoutError';

/** Any other error with which a server refuses a session. */
const REFUSED: Explanation = { kind: 'usage', message: 'did not accept the connection', hint: 'check DATABASE_URL' };
/** An internal error of the server (SQLSTATE class XX), as when its disk is full while it starts a session. */
const SERVER_FAILED: Explanation = { kind: 'temporary', message: 'failed to start a session', hint: 'see its log' };
const UNREACHABLE: Explanation = { kind: 'temporary', message: 'cannot be reached', hint: RETRY };

/**
 * Converts a database's or a connection's error to a Failure that explains it; other errors are returned unchanged.
 *
 * @param label the database's name for messages (`Store.label`)
 */
export function toDatabaseFailure(error: unknown, label: string): unknown {
  if (error instanceof Failure) return error;
  if (error instanceof Error && error.name === POOL_TIMEOUT) {
    const message = `no connection to the database ${label} became free in time`;
    return new Failure('temporary', message, { hint: RAISE_POOL_SIZE, code: POOL_TIMEOUT, cause: error });
  }
  const code = findErrorCode(error);
  if (code === undefined) return error;
  if (isRejectedRow(error, code)) return toRejectedRow(error, label);
  const { severity, serverMessage } = error as { severity?: unknown; serverMessage?: unknown };
  const isOfConnection = error instanceof ConnectionError;
  const refused = code.startsWith('XX') ? SERVER_FAILED : REFUSED;
  const otherwise = severity === 'FATAL' ? refused : isOfConnection ? UNREACHABLE : undefined;
  const explanation = EXPLANATIONS[code] ?? EXPLANATIONS[code.slice(0, 2)] ?? otherwise;
  if (!explanation) return error;
  const details = typeof serverMessage === 'string' ? `: ${serverMessage}` : '';
  const isUnexplained = code === '0A000' && !details.includes('row-level security');
  return new Failure(explanation.kind, `the database ${label} ${explanation.message}${details}`, {
    hint: isUnexplained ? UNSUPPORTED_HINT : explanation.hint,
    code,
    cause: error,
  });
}

/** SQLSTATEs with which a constraint, a trigger's RAISE or a view's CHECK OPTION rejects a row. */
const REJECTED_ROW = /^(23...|P0...|44000)$/;

/** The context of an error inside a function. chartctl's SQL calls none, so it belongs to a trigger of the platform. */
const IN_FUNCTION = /\bPL\/|\bSQL\b/;

function isRejectedRow(error: unknown, code: string): error is postgres.PostgresError {
  if (!(error instanceof postgres.PostgresError)) return false;
  const isExplained = EXPLANATIONS[code] !== undefined || EXPLANATIONS[code.slice(0, 2)] !== undefined;
  return REJECTED_ROW.test(code) || (!isExplained && IN_FUNCTION.test(error.where ?? ''));
}

/** Names the constraint or the function that rejected a row, and the row as far as the server tells it. */
function toRejectedRow(error: postgres.PostgresError, label: string): Failure {
  const { code, constraint_name: constraint, table_name: table, column_name: column, detail, where } = error;
  const context = constraint || column ? undefined : where?.split('\n')[0];
  const reason = [messageOf(error), detail, context].filter(Boolean).join('; ');
  const subject = constraint ? `constraint "${constraint}"` : column ? `column "${column}"` : 'trigger';
  return new Failure('failed', `the database ${label} rejected a row: ${reason}`, {
    hint: `change the ${subject}${table ? ` of the table ${table}` : ''}, or the row, then run the same command again`,
    code,
    cause: error,
  });
}

/** The server's message, without the statement that Knex puts in front. */
function messageOf(error: Error): string {
  return (error as { serverMessage?: string }).serverMessage ?? error.message;
}

/** SQLSTATEs of an internal error and of a lost connection. */
const [INTERNAL_ERROR, CONNECTION_FAILURE] = ['XX000', '08006'];
/**
 * What Citus's coordinator says of a worker that is lost in the middle of a statement: an internal error with the words of
 * the client library of PostgreSQL (`ReportResultError` in Citus's remote_commands.c).
 */
const LOST_WORKER =
  /^(SSL SYSCALL error|SSL connection has been closed|server closed the connection|could not (receive data from|send data to) server|connection not open|no connection to the server)/;

/**
 * The SQLSTATE of an error that the database sent, or the code of a ConnectionError; undefined for other errors (of a
 * file, of a pipe), whose codes say nothing about the database. A worker that a distributed database lost is a lost
 * connection.
 */
export function findErrorCode(error: unknown): string | undefined {
  const isKnown = error instanceof postgres.PostgresError || error instanceof ConnectionError;
  if (!isKnown) return undefined;
  return error.code === INTERNAL_ERROR && LOST_WORKER.test(messageOf(error)) ? CONNECTION_FAILURE : error.code;
}

/** Whether an error says that a table does not exist: the database was never migrated. */
export function isUndefinedTable(error: unknown): boolean {
  return findErrorCode(error) === '42P01';
}
