import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import type { DatabaseConfig } from '../../src/database/database-config.js';
import { withStore } from '../../src/database/open-store.js';
import { migrateStore } from '../../src/tables/migration/migrate.js';
import { copyEmbeddedTemplate, copyMigratedTemplate, embeddedTemplate, SCHEMA } from './embedded-template.js';
import { createEngineDatabase, dropEngineDatabase, type EngineServer, readEngineServer } from './engine-server.js';
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
  /** Creates a database with chartctl's tables, and the privileges of its roles: faster than migrating an empty one. */
  createMigrated(options?: CreateOptions): Promise<TestDatabase>;
}

/** The databases that tests run on: the embedded one, and PostgreSQL where it is installed. */
export function databases(): Backend[] {
  const embedded: Backend = {
    name: 'PGlite',
    create: async () => embeddedDatabase(await copyEmbeddedTemplate()),
    createMigrated: async () => embeddedDatabase(await copyMigratedTemplate()),
  };
  const server: Backend = { name: 'PostgreSQL', create: createOnServer, createMigrated: createMigratedOnServer };
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
    const stop = () => runStatement(given, `drop database if exists ${SERVER_TEMPLATE} with (force)`);
    return { environment: { [SHARED_URL]: given }, skipped: [], stop };
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

function embeddedDatabase(dataDir: string): TestDatabase {
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
export async function createDatabase(server: string, options: CreateOptions = {}): Promise<TestDatabase> {
  const created = await createEngineDatabase(await engineOf(server), newName());
  const database = describeDatabase(created[0]!, () => dropEngineDatabase(created));
  await setOwner(server, database, options);
  await database.limitRoles();
  return database;
}

async function setOwner(server: string, database: TestDatabase, { ownsDatabase }: CreateOptions): Promise<void> {
  if (ownsDatabase) await runStatement(server, `alter database ${nameOf(database)} owner to chartctl_owner`);
}

const engines = new Map<string, Promise<EngineServer>>();

function engineOf(server: string): Promise<EngineServer> {
  const found = engines.get(server) ?? readEngineServer(server);
  engines.set(server, found);
  return found;
}

/** A migrated database that all test files of a run copy; `CREATE DATABASE` takes a twentieth of the migration's time. */
const SERVER_TEMPLATE = `chartctl_test_template_${SCHEMA}`;

async function createMigratedOnServer(options: CreateOptions = {}): Promise<TestDatabase> {
  const server = await serverWithRoles();
  if ((await engineOf(server)).engine) return createAndMigrate(server, options);
  const database = await copyServerTemplate(server);
  await setOwner(server, database, options);
  return database;
}

async function copyServerTemplate(server: string): Promise<TestDatabase> {
  try {
    return await copyDatabase(server, SERVER_TEMPLATE);
  } catch (error) {
    if (!hasState(error, '3D000')) throw error; // there is no such database yet
  }
  await createServerTemplate(server);
  return copyDatabase(server, SERVER_TEMPLATE);
}

async function createAndMigrate(server: string, options?: CreateOptions): Promise<TestDatabase> {
  const database = await createDatabase(server, options);
  await withStore(database.config, (store) => migrateStore(store, {}));
  await database.limitRoles();
  return database;
}

async function createServerTemplate(server: string): Promise<void> {
  const draft = await createAndMigrate(server);
  try {
    await runStatement(server, `alter database ${nameOf(draft)} rename to ${SERVER_TEMPLATE}`);
  } catch (error) {
    await draft.drop();
    if (!hasState(error, '42P04')) throw error; // another process has created it meanwhile
  }
}

function hasState(error: unknown, state: string): boolean {
  return (error as { code?: unknown }).code === state;
}

function nameOf({ superuser }: TestDatabase): string {
  return superuser.kind === 'postgres' ? new URL(superuser.url).pathname.slice(1) : '';
}

function newName(): string {
  return `chartctl_test_${randomBytes(6).toString('hex')}`;
}

/** Copies a database that holds no engine. */
async function copyDatabase(server: string, template: string): Promise<TestDatabase> {
  const name = newName();
  await runStatement(server, `create database ${name} template ${template}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return describeDatabase(url.href, () => runStatement(server, `drop database if exists ${name} with (force)`));
}

/** @param url a superuser's URL of the database */
function describeDatabase(url: string, drop: () => Promise<void>): TestDatabase {
  return {
    config: { kind: 'postgres', url: urlForRole('chartctl_owner', url) },
    daily: { kind: 'postgres', url: urlForRole('chartctl_daily', url) },
    superuser: { kind: 'postgres', url },
    limitRoles: () => runStatement(url, ROLES_SCRIPT),
    drop,
  };
}
