import { PGlite } from '@electric-sql/pglite';
import { existsSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../core/failure.js';
import { PostgresConnection } from '../connection/postgres-connection.js';
import { lockDirectory } from '../file-locks/directory-lock.js';
import { openPgliteSocket } from './pglite-socket.js';

/** PostgreSQL's files, beside our lock, in the data directory. */
export const PGDATA_DIRECTORY = 'pgdata';

/** Directories whose database gave up, or is no longer needed, until they are free. */
const closing = new Map<string, Promise<void>>();

/** The major version of the PostgreSQL inside; it opens no other version's files. */
const MAJOR_VERSION = '18';
const START_TIMEOUT_MS = 120_000;

const MEGABYTE = 1 << 20;
/** What a new database takes, the first segments of its write-ahead log included. */
const NEW_DATABASE_BYTES = 64 * MEGABYTE;

/** The write-ahead log would grow to a gigabyte by default. PGlite does not heed what a session asks for at its start. */
const SETTINGS = ['max_wal_size=64MB', 'min_wal_size=32MB', 'timezone=UTC', 'application_name=chartctl'];

/**
 * Opens the embedded database in `dataDir`, which is made if need be, as its only connection; closing the connection
 * closes the database and frees the directory.
 *
 * @throws Failure: locked when another process has it open, usage when the directory cannot be used
 */
export async function openEmbedded(dataDir: string): Promise<PostgresConnection> {
  await closing.get(dataDir)?.catch(() => undefined);
  const unlock = await lockDirectory(dataDir);
  let database: PGlite | undefined;
  const closeNow = async () => {
    try {
      if (database && !database.closed) await database.close();
    } finally {
      unlock();
    }
  };
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= remember(dataDir, closeNow()));
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

/** Whoever opens the directory next in this process waits for that. */
function remember(dataDir: string, closed: Promise<void>): Promise<void> {
  closing.set(dataDir, closed);
  return closed.finally(() => {
    if (closing.get(dataDir) === closed) closing.delete(dataDir);
  });
}

/**
 * Makes the files if there are none. While it does, another file says so: what a process leaves that is killed then can
 * not be opened, holds nothing yet, and is made anew.
 */
async function startPglite(directory: string): Promise<PGlite> {
  const unfinished = `${directory}.unfinished`;
  try {
    if (existsSync(unfinished)) rmSync(directory, { recursive: true, force: true });
    else checkVersion(directory);
    const isNew = !existsSync(directory);
    if (isNew) writeFileSync(unfinished, '');
    const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
    const started = await PGlite.create({
      dataDir: directory,
      startParams: [...PGlite.defaultStartParams, ...settings],
    });
    if (isNew) rmSync(unfinished);
    return started;
  } catch (error) {
    throw error instanceof Failure ? error : cannotOpen(directory, error);
  }
}

/** PGlite does not say why. On a full disk nothing is wrong with the files: nobody may be told to move them away. */
function cannotOpen(directory: string, cause: unknown): Failure {
  const { bavail, bsize } = statfsSync(existsSync(directory) ? directory : dirname(directory));
  const free = bavail * bsize;
  const message = `the embedded database in "${directory}" could not be opened`;
  if (free >= NEW_DATABASE_BYTES) {
    const hint = 'its files may be damaged: move the directory away and fill a new one with backfill';
    return new Failure('failed', message, { hint, cause });
  }
  return new Failure('failed', `${message}: its disk is full, or nearly (${Math.floor(free / MEGABYTE)} MB are free)`, {
    hint: `free space on its disk (${NEW_DATABASE_BYTES / MEGABYTE} MB are always enough), then run it again`,
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
    `the database in "${directory}" was made by PostgreSQL ${version}, expected ${MAJOR_VERSION}`,
    {
      hint: 'export it with the chartctl that made it, or use another CHARTCTL_DATA_DIR',
    },
  );
}
