import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { DatabaseConfig } from '../../src/core/config.js';
import { copyEmbeddedTemplate, embeddedTemplate } from './embedded-template.js';
import { letRolesIn, ROLES_SCRIPT, urlAs } from './roles.js';
import { runStatement } from './run-statement.js';
import { findServerPrograms, startCluster, type Cluster } from './scratch-cluster.js';

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
  if (!process.env[SHARED_URL]) await (ownRoles ??= letRolesIn(server));
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
    await letRolesIn(given);
    return { environment: { [SHARED_URL]: given }, skipped: [], stop: () => Promise.resolve() };
  }
  const programs = findServerPrograms();
  if (!programs) {
    const reason = 'no PostgreSQL here: set TEST_DATABASE_URL, or install the server programs (apt install postgresql)';
    return { environment: {}, skipped: [`everything on PostgreSQL (${reason})`], stop: () => Promise.resolve() };
  }
  const cluster = await startCluster(programs);
  await letRolesIn(cluster.url);
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
    config: { kind: 'postgres', url: urlAs('chartctl_owner', url) },
    daily: { kind: 'postgres', url: urlAs('chartctl_daily', url) },
    superuser: { kind: 'postgres', url: url.href },
    limitRoles,
    drop: () => runStatement(server, `drop database if exists ${name} with (force)`),
  };
}
