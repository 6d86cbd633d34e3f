import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { DatabaseConfig } from '../../src/database/database-config.js';
import { withStore } from '../../src/database/open-store.js';
import { FAST_COMPILE_FLAG } from './chartctl-process.js';
import { createEngineDatabase, dropEngineDatabase } from './engine-server.js';
import { type Cluster, findServerPrograms, runStatement, startCluster } from './scratch-cluster.js';

/** The script that creates the roles and grants their privileges, as users run it. */
const ROLES_SCRIPT = readFileSync('migrations/roles.sql', 'utf8');

export const ROLES = ['chartctl_owner', 'chartctl_daily', 'chartctl_reader'] as const;
export type RoleName = (typeof ROLES)[number];

/** A constant: two test runs on one server must not change each other's passwords. */
const PASSWORD = 'only-for-tests';

/** Creates chartctl's roles on a test server and sets their passwords. */
export async function createRoles(superuserUrl: string): Promise<void> {
  const passwords = ROLES.map((role) => `ALTER ROLE ${role} PASSWORD '${PASSWORD}';`);
  await runStatement(superuserUrl, `${ROLES_SCRIPT}\n${passwords.join('\n')}`);
}

/** The URL of a database for a role. */
export function urlForRole(role: RoleName, database: string | URL): string {
  const url = new URL(database);
  url.username = role;
  url.password = PASSWORD;
  return url.href;
}

/**
 * A data directory with an empty embedded database. It is created once for each version of PGlite and kept in the temporary
 * directory: creating one takes 3 s, copying it 0.1 s.
 */
export async function embeddedTemplate(): Promise<string> {
  const kept = join(tmpdir(), `chartctl-test-template-${pgliteVersion()}-${process.getuid?.() ?? 0}`);
  if (existsSync(kept)) return kept;
  const draft = mkdtempSync(`${kept}-`);
  await withStore({ kind: 'embedded', dataDir: draft }, () => Promise.resolve());
  try {
    renameSync(draft, kept);
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (!existsSync(kept)) throw error; // another process has created it meanwhile
  }
  return kept;
}

/** Copies the template into a new temporary directory and returns its path. */
export async function copyEmbeddedTemplate(): Promise<string> {
  setFlagsFromString(FAST_COMPILE_FLAG);
  const template = await embeddedTemplate();
  const directory = mkdtempSync(join(tmpdir(), 'chartctl-embedded-'));
  cpSync(template, directory, { recursive: true });
  return directory;
}

function pgliteVersion(): string {
  const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest = readFileSync(join(dirname(main), '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Set by tests/run.ts for the test files: a superuser's URL of the server. */
const SHARED_URL = 'CHARTCTL_TEST_SERVER_URL';

/** A database of one test group. The embedded database has no roles: all its configurations are the same. */
export interface TestDatabase {
  /** For the role that owns the tables. */
  config: DatabaseConfig;
  /** For the role of the daily commands; usable after the migration. */
  daily: DatabaseConfig;
  /** For a superuser: tests change the server with it. */
  superuser: DatabaseConfig;
  /** Call it after a migration: restricts the daily role's privileges on the new tables. */
  limitRoles(): Promise<void>;
  drop(): Promise<void>;
}

export interface CreateOptions {
  /** Whether the owner of the tables owns the database too: for tests that drop schemas. */
  ownsDatabase?: boolean;
}

export interface Backend {
  name: 'PGlite' | 'PostgreSQL';
  /** Creates an empty database. */
  create(options?: CreateOptions): Promise<TestDatabase>;
}

/** The databases that tests run on: the embedded one, and PostgreSQL where it is installed. */
export function databases(): Backend[] {
  const embedded: Backend = { name: 'PGlite', create: createEmbedded };
  const server: Backend = { name: 'PostgreSQL', create: createOnServer };
  return hasServer() ? [embedded, server] : [embedded];
}

/** A superuser's URL of the test server; undefined where there is none. */
export async function serverUrl(): Promise<string | undefined> {
  const url = process.env[SHARED_URL] ?? process.env.TEST_DATABASE_URL;
  if (url) return url;
  const programs = findServerPrograms();
  if (!programs) return undefined;
  // a test file that was started alone: the server stops when this process exits
  ownCluster ??= startCluster(programs);
  return (await ownCluster).url;
}

/** A superuser's URL of the test server after chartctl's roles were created. */
async function serverWithRoles(): Promise<string> {
  const server = await serverUrl();
  if (!server) throw new Error('there is no PostgreSQL server');
  if (!process.env[SHARED_URL]) await (ownRoles ??= createRoles(server));
  return server;
}

let ownRoles: Promise<void> | undefined;

let ownCluster: Promise<Cluster> | undefined;

/** Whether there is a PostgreSQL server for tests. */
export function hasServer(): boolean {
  return Boolean(process.env[SHARED_URL] ?? process.env.TEST_DATABASE_URL ?? findServerPrograms());
}

/** Called once by tests/run.ts: one server for the whole run, that of TEST_DATABASE_URL or a temporary cluster. */
export async function startSharedDatabase(): Promise<{
  environment: Record<string, string>;
  skipped: string[];
  stop: () => Promise<void>;
}> {
  await embeddedTemplate();
  const given = process.env.TEST_DATABASE_URL;
  if (given) {
    await createRoles(given);
    return { environment: { [SHARED_URL]: given }, skipped: [], stop: () => Promise.resolve() };
  }
  const programs = findServerPrograms();
  if (!programs) {
    const reason = 'no PostgreSQL here: set TEST_DATABASE_URL, or install the server programs (apt install postgresql)';
    return { environment: {}, skipped: [`everything on PostgreSQL (${reason})`], stop: () => Promise.resolve() };
  }
  const cluster = await startCluster(programs);
  await createRoles(cluster.url);
  return { environment: { [SHARED_URL]: cluster.url }, skipped: [], stop: cluster.stop };
}

async function createEmbedded(): Promise<TestDatabase> {
  const dataDir = await copyEmbeddedTemplate();
  const config: DatabaseConfig = { kind: 'embedded', dataDir };
  return {
    config,
    daily: config,
    superuser: config,
    limitRoles: () => Promise.resolve(),
    drop: () => Promise.resolve(rmSync(dataDir, { recursive: true, force: true })),
  };
}

async function createOnServer(options?: CreateOptions): Promise<TestDatabase> {
  return createDatabase(await serverWithRoles(), options);
}

/** Creates an empty database on a server that has chartctl's roles; with the server's engine, if it has one. */
export async function createDatabase(
  server: string,
  { ownsDatabase = false }: CreateOptions = {},
): Promise<TestDatabase> {
  const name = `chartctl_test_${randomBytes(6).toString('hex')}`;
  const created = await createEngineDatabase(server, name);
  if (ownsDatabase) await runStatement(server, `alter database ${name} owner to chartctl_owner`);
  const url = new URL(created[0]!);
  const limitRoles = () => runStatement(url.href, ROLES_SCRIPT);
  await limitRoles();
  return {
    config: { kind: 'postgres', url: urlForRole('chartctl_owner', url) },
    daily: { kind: 'postgres', url: urlForRole('chartctl_daily', url) },
    superuser: { kind: 'postgres', url: url.href },
    limitRoles,
    drop: () => dropEngineDatabase(created),
  };
}
