import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseConfig } from '../../../src/database/database-config.js';
import type { Manifest } from '../../../src/files/manifest.js';

const MANIFEST = '.datapackage.json';
/** The parts of pages and manifests that differ in each run. */
const RUN_SPECIFIC = /"(created|createdAt|jobId)": ?("[^"]*"|\d+)/g;

/** One sentence for each manifest whose file is missing or has other bytes. */
export function findFalseManifests(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(MANIFEST))
    .flatMap((name) => {
      const { resources } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Manifest;
      return resources
        .filter(({ path, hash }) => !existsSync(join(folder, path)) || hash !== hashOf(join(folder, path)))
        .map(({ path }) => `${name} describes other bytes than those of ${path}`);
    });
}

/** The folder of a process, and its database, which may have files beside it. */
export interface FilePlace {
  config: DatabaseConfig;
  folder: string;
}

/** A digest of each file by name; of an HTML page, which shows the jobs, only whether it is whole. */
export function describeFiles(place: FilePlace): Record<string, string> {
  const files = readdirSync(place.folder).map((name) => [name, describeFile(join(place.folder, name))] as const);
  const beside = listBesideDatabase(place).map((name) => [name, 'beside the database'] as const);
  return Object.fromEntries([...files, ...beside]);
}

/** One sentence for each different member, recursively. */
export function findDifferences(found: object, expected: object, path = ''): string[] {
  const [is, should] = [found, expected] as [Record<string, unknown>, Record<string, unknown>];
  return [...new Set([...Object.keys(is), ...Object.keys(should)])].flatMap((name) => {
    const [a, b] = [is[name], should[name]];
    if (typeof a === 'object' && typeof b === 'object' && a && b) return findDifferences(a, b, `${path}${name} `);
    return a === b ? [] : [`${path}${name}: ${shorten(a)}, expected ${shorten(b)}`];
  });
}

/** One sentence for each temporary file that is left. */
export function findTemporary(place: FilePlace): string[] {
  return [...readdirSync(place.folder), ...listBesideDatabase(place)]
    .filter((name) => /\.(tmp|lock|draft)$|^training$/.test(name))
    .map((name) => `"${name}" was left behind`);
}

function listBesideDatabase({ config }: FilePlace): string[] {
  return config.kind === 'embedded' ? readdirSync(config.dataDir) : [];
}

function shorten(value: unknown): string {
  return String(value).slice(0, 100);
}

function describeFile(path: string): string {
  if (path.endsWith('.html')) return readFileSync(path, 'utf8').trimEnd().endsWith('</html>') ? 'whole' : 'cut off';
  if (path.endsWith(MANIFEST)) return readFileSync(path, 'utf8').replace(RUN_SPECIFIC, '');
  return hashOf(path);
}

function hashOf(path: string): string {
  return `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}
