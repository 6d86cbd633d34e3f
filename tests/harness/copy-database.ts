import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseConfig } from '../../src/core/config.js';
import { serverUrl, type TestDatabase } from './databases.js';
import { runStatement } from './run-statement.js';

/** A database with all that another one holds, in a tenth of a second; nobody may have that one open. */
export async function copyDatabase(of: DatabaseConfig): Promise<Pick<TestDatabase, 'config' | 'drop'>> {
  return of.kind === 'embedded' ? copyEmbedded(of.dataDir) : copyOnServer(of.url);
}

function copyEmbedded(from: string): Pick<TestDatabase, 'config' | 'drop'> {
  const dataDir = mkdtempSync(join(tmpdir(), 'chartctl-embedded-'));
  cpSync(from, dataDir, { recursive: true });
  const drop = () => Promise.resolve(rmSync(dataDir, { recursive: true, force: true }));
  return { config: { kind: 'embedded', dataDir }, drop };
}

async function copyOnServer(from: string): Promise<Pick<TestDatabase, 'config' | 'drop'>> {
  const server = await serverUrl();
  if (!server) throw new Error('there is no PostgreSQL server');
  const name = `chartctl_copy_${randomBytes(6).toString('hex')}`;
  const url = new URL(from);
  await runStatement(server, `create database ${name} template ${url.pathname.slice(1)}`);
  url.pathname = `/${name}`;
  const drop = () => runStatement(server, `drop database if exists ${name} with (force)`);
  return { config: { kind: 'postgres', url: url.href }, drop };
}
