import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { withStore } from '../../src/database/open-store.js';
import { migrateStore } from '../../src/tables/migration/migrate.js';

/** Names the state of the schema: a template of an earlier state is not used. */
export const SCHEMA = createHash('sha256').update(readMigrations()).digest('hex').slice(0, 12);

function readMigrations(): string {
  const files = readdirSync('migrations').filter((name) => /\.(ts|sql)$/.test(name));
  return files.map((name) => readFileSync(join('migrations', name), 'utf8')).join('');
}

/**
 * A data directory with an empty embedded database. It is created once for each version of PGlite and kept in the temporary
 * directory: creating one takes 3 s, copying it 0.1 s.
 */
export function embeddedTemplate(): Promise<string> {
  return keepDirectory('', async (draft) => {
    await withStore({ kind: 'embedded', dataDir: draft }, () => Promise.resolve());
  });
}

/** As `embeddedTemplate`, after all migrations. */
function migratedTemplate(): Promise<string> {
  return keepDirectory(`${SCHEMA}-`, async (draft) => {
    cpSync(await embeddedTemplate(), draft, { recursive: true });
    await withStore({ kind: 'embedded', dataDir: draft }, (store) => migrateStore(store, {}));
  });
}

/** The path of a directory that is filled once, for all test runs of this user. */
async function keepDirectory(variant: string, fill: (draft: string) => Promise<void>): Promise<string> {
  const kept = join(tmpdir(), `chartctl-test-template-${pgliteVersion()}-${variant}${process.getuid?.() ?? 0}`);
  if (existsSync(kept)) return kept;
  const draft = mkdtempSync(`${kept}-`);
  await fill(draft);
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
  return copyEmbedded(await embeddedTemplate());
}

/** As `copyEmbeddedTemplate`, of a database after all migrations. */
export async function copyMigratedTemplate(): Promise<string> {
  return copyEmbedded(await migratedTemplate());
}

function copyEmbedded(template: string): string {
  for (const flag of ['--liftoff-only', '--wasm-lazy-validation']) setFlagsFromString(flag); // as the program does
  const directory = mkdtempSync(join(tmpdir(), 'chartctl-embedded-'));
  cpSync(template, directory, { recursive: true });
  return directory;
}

function pgliteVersion(): string {
  const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest = readFileSync(join(dirname(main), '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
