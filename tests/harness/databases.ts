import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { DatabaseConfig } from '../../src/database/database-config.js';
import { withStore } from '../../src/database/open-store.js';
import { FAST_COMPILE_FLAG } from './chartctl-process.js';
import { type Cluster, findServerPrograms, runStatement, startCluster } from './scratch-cluster.js';

/** The script that makes the roles and limits them, as users run it. */
export const ROLES_SCRIPT = readFileSync('migrations/roles.sql', 'utf8');

export const ROLES = ['chartctl_owner', 'chartctl_daily', 'chartctl_reader'] as const;
export type RoleName = (typeof ROLES)[number];

/** The same on every server, so that two runs of the tests on one do not lock each other out. */
const PASSWORD = 'only-for-tests';

/** Makes chartctl's roles on a server that is there for tests, and gives each a password. */
export async function createRoles(superuserUrl: string): Promise<void> {
  const passwords = ROLES.map((role) => `ALTER ROLE ${role} PASSWORD '${PASSWORD}';`);
  await runStatement(superuserUrl, `${ROLES_SCRIPT}\n${passwords.join('\n')}`);
}

/** The URL with which a role comes into a database. */
export function urlForRole(role: RoleName, database: string | URL): string {
  const url = new URL(database);
  url.username = role;
  url.password = PASSWORD;
  return url.href;
}

/**
 * A data directory with an empty embedded database, made once for this version of PGlite and kept in the temporary
 * directory: making one takes three seconds, copying it a tenth of one.
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
    if (!existsSync(kept)) throw error; // else another process was first
  }
  return kept;
}

/** Copies the template into a new temporary directory and returns that. */
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

/** Set by the runner for the test files: a superuser's URL of the run's server. */
const SHARED_URL = 'CHARTCTL_TEST_SERVER_URL';

/** A database of one test group. The embedded one knows no roles: all its configurations are the same. */
export interface TestDatabase {
  /** As the role that makes the tables. */
  config: DatabaseConfig;
  /** As the role of the daily commands, which works once the tables are made. */
  daily: DatabaseConfig;
  /** As a superuser, for tests that do to the server what no role of ours may. */
  superuser: DatabaseConfig;
  /** To be called after a migration: takes back what the daily role does not need of the new tables. */
  limitRoles(): Promise<void>;
  drop(): Promise<void>;
}

export interface CreateOptions {
  /** Whether the role that makes the tables owns the database, too: for tests that drop whole schemas. */
  ownsDatabase?: boolean;
}

export interface Backend {
  name: 'PGlite' | 'PostgreSQL';
  /** Makes a new, empty database. */
  create(options?: CreateOptions): Promise<TestDatabase>;
}

/** What every test of the store runs on; without PostgreSQL on this machine only the embedded database. */
export function databases(): Backend[] {
  const embedded: Backend = { name: 'PGlite', create: createEmbedded };
  const server: Backend = { name: 'PostgreSQL', create: createOnServer };
  return hasServer() ? [embedded, server] : [embedded];
}

/** The server's superuser URL, for tests that need the server itself; `undefined` where there is none. */
export async function serverUrl(): Promise<string | undefined> {
  const url = process.env[SHARED_URL] ?? process.env.TEST_DATABASE_URL;
  if (url) return url;
  const programs = findServerPrograms();
  if (!programs) return undefined;
  // a test file that runs by itself; the server ends when this process ends
  ownCluster ??= startCluster(programs);
  return (await ownCluster).url;
}

/** The server's superuser URL once chartctl's roles are on it: the runner made them, or a file that runs by itself does. */
async function serverWithRoles(): Promise<string> {
  const server = await serverUrl();
  if (!server) throw new Error('there is no PostgreSQL server');
  if (!process.env[SHARED_URL]) await (ownRoles ??= createRoles(server));
  return server;
}

let ownRoles: Promise<void> | undefined;

let ownCluster: Promise<Cluster> | undefined;

/** Whether tests can run on a PostgreSQL server here. */
export function hasServer(): boolean {
  return Boolean(process.env[SHARED_URL] ?? process.env.TEST_DATABASE_URL ?? findServerPrograms());
}

/** Called once by the runner: one server for the whole run, `TEST_DATABASE_URL` or a scratch cluster. */
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

/** Makes a new, empty database on a server that knows chartctl's roles. */
export async function createDatabase(
  server: string,
  { ownsDatabase = false }: CreateOptions = {},
): Promise<TestDatabase> {
  const name = `chartctl_test_${randomBytes(6).toString('hex')}`;
  await runStatement(server, `create database ${name} template template0`);
  if (ownsDatabase) await runStatement(server, `alter database ${name} owner to chartctl_owner`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const limitRoles = () => runStatement(url.href, ROLES_SCRIPT);
  await limitRoles();
  return {
    config: { kind: 'postgres', url: urlForRole('chartctl_owner', url) },
    daily: { kind: 'postgres', url: urlForRole('chartctl_daily', url) },
    superuser: { kind: 'postgres', url: url.href },
    limitRoles,
    drop: () => runStatement(server, `drop database if exists ${name} with (force)`),
  };
}
