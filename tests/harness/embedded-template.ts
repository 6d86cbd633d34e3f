import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { withStore } from '../../src/store/store.js';
import { COMPILE_QUICKLY } from './compile-quickly.js';

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
  setFlagsFromString(COMPILE_QUICKLY);
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
