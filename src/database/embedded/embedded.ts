import { PGlite } from '@electric-sql/pglite';
import { existsSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../core/failure.js';
import { PostgresConnection } from '../connection/postgres-connection.js';
import { lockDirectory } from '../file-locks/directory-lock.js';
import { openPgliteSocket } from './pglite-socket.js';

/** PostgreSQL's files, beside the lock file in the data directory. */
export const PGDATA_DIRECTORY = 'pgdata';

/** Directories whose database is being closed. */
const closing = new Map<string, Promise<void>>();

/** PGlite's version of PostgreSQL; it opens no other version's files. */
const MAJOR_VERSION = '18';
const START_TIMEOUT_MS = 120_000;

const MEGABYTE = 1 << 20;
/** Size of a new database, including the first segments of its write-ahead log. */
const NEW_DATABASE_BYTES = 64 * MEGABYTE;

/**
 * PGlite ignores the settings in a session's start message.
 *
 * By default the write-ahead log would grow to a gigabyte, and each start would spend half of its time on the memory of 128
 * MB of buffers and 100 connections. Larger buffers than these make no command faster: the system caches the files.
 */
const SETTINGS = [
  'max_wal_size=64MB',
  'min_wal_size=32MB',
  'shared_buffers=8MB',
  'max_connections=8',
  'timezone=UTC',
  'application_name=chartctl',
];

/**
 * Opens the embedded database in `dataDir`, which is created if it does not exist. The connection is the only one;
 * closing it closes the database and unlocks the directory.
 *
 * @throws Failure: locked when another process has it open, usage when the directory cannot be used
 */
export async function openEmbedded(dataDir: string): Promise<PostgresConnection> {
  await closing.get(dataDir)?.catch(() => undefined);
  const unlock = await lockDirectory(dataDir);
  let database: PGlite | undefined;
  const closeDatabase = async () => {
    try {
      if (database && !database.closed) await database.close();
    } finally {
      unlock();
    }
  };
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= remember(dataDir, closeDatabase()));
  try {
    database = await startPglite(join(dataDir, PGDATA_DIRECTORY));
  } catch (error) {
    await close();
    throw error;
  }
  return PostgresConnection.open({
    connect: () => Promise.resolve(openPgliteSocket(database)),
    user: 'postgres',
    password: '',
    database: 'postgres',
    startup: {},
    timeoutMs: START_TIMEOUT_MS,
    onClosed: close,
  });
}

/** Without the query at the start for array types that only PGlite's own interface needs. */
class ProtocolPGlite extends PGlite {
  override _initArrayTypes(): Promise<void> {
    return Promise.resolve();
  }
}

/** Lets the next `openEmbedded` of the directory wait for it. */
function remember(dataDir: string, closed: Promise<void>): Promise<void> {
  closing.set(dataDir, closed);
  return closed.finally(() => {
    if (closing.get(dataDir) === closed) closing.delete(dataDir);
  });
}

/**
 * Creates the database if there is none. A file marks it as unfinished meanwhile: when the process is killed, the
 * database cannot be opened and holds nothing, and is created again.
 */
async function startPglite(directory: string): Promise<PGlite> {
  const unfinished = `${directory}.unfinished`;
  try {
    if (existsSync(unfinished)) rmSync(directory, { recursive: true, force: true });
    else checkVersion(directory);
    const isNew = !existsSync(directory);
    if (isNew) writeFileSync(unfinished, '');
    const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
    const started = new ProtocolPGlite({
      dataDir: directory,
      startParams: [...PGlite.defaultStartParams, ...settings],
    });
    await started.waitReady;
    if (isNew) rmSync(unfinished);
    return started;
  } catch (error) {
    throw error instanceof Failure ? error : cannotOpen(directory, error);
  }
}

/** PGlite gives no reason. When the disk is full the files are not damaged, so the hint must not say so. */
function cannotOpen(directory: string, cause: unknown): Failure {
  const { bavail, bsize } = statfsSync(existsSync(directory) ? directory : dirname(directory));
  const free = bavail * bsize;
  const message = `the embedded database in "${directory}" could not be opened`;
  if (free >= NEW_DATABASE_BYTES) {
    const hint = 'its files may be damaged: move the directory away and fill a new database with backfill';
    return new Failure('failed', message, { hint, cause });
  }
  return new Failure('failed', `${message}: its disk is almost full (${Math.floor(free / MEGABYTE)} MB are free)`, {
    hint: `free disk space (${NEW_DATABASE_BYTES / MEGABYTE} MB are always enough), then run it again`,
    code: 'ENOSPC',
    cause,
  });
}

function checkVersion(directory: string): void {
  const file = join(directory, 'PG_VERSION');
  if (!existsSync(file)) return;
  const version = readFileSync(file, 'utf8').trim();
  if (version === MAJOR_VERSION) return;
  throw new Failure(
    'usage',
    `the database in "${directory}" was created by PostgreSQL ${version}, expected ${MAJOR_VERSION}`,
    {
      hint: 'export it with the version of chartctl that created it, or use another CHARTCTL_DATA_DIR',
    },
  );
}
