import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../core/failure.js';
import type { Minute } from '../core/minute.js';
import { FORMAT_NAMES, type FormatName } from './formats/formats.js';
import { manifestPath } from './manifest.js';

/** One training file as its manifest describes it. */
export interface DescribedFile {
  path: string;
  part: string | null;
  from: Minute;
  to: Minute;
  rows: number;
  sha256: string;
  /** Of a gzipped file: the SHA-256 of what it holds. */
  contentSha256: string | null;
}

/** What a manifest says that is needed to make its files again. */
export interface DescribedSet {
  manifest: string;
  jobId: number;
  version: string;
  format: FormatName;
  symbols: string[];
  /** The past instant at which the rows were read; null when they were the present ones. */
  asOf: { timeMs: number; job: number | null } | null;
  knownWithinMs: number | undefined;
  indicators: unknown;
  files: DescribedFile[];
}

const PARTS = ['train', 'validation', 'test'];

/** The manifest of a file: beside it, the file itself, or that of the whole set of a part; null without one. */
export function findManifest(path: string): string | null {
  const whole = join(dirname(path), basename(path).replace(new RegExp(`\\.(${PARTS.join('|')})(?=\\.|$)`), ''));
  const candidates = [...(path.endsWith('.datapackage.json') ? [path] : []), manifestPath(path), manifestPath(whole)];
  return candidates.find((candidate) => existsSync(candidate)) ?? null;
}

/**
 * Reads a manifest of `export-training-set`.
 *
 * @throws Failure (failed) when it cannot be read, or lacks something that is needed to make the files again
 */
export function readManifest(manifest: string): DescribedSet {
  const content = parse(manifest);
  const missing: string[] = [];
  const get = <T>(name: string, value: T | undefined | null): T => {
    if (value === undefined || value === null) missing.push(name);
    return value as T;
  };
  const own = content.chartctl ?? {};
  const resources = get('resources', content.resources) ?? [];
  const set: DescribedSet = {
    manifest,
    jobId: get('chartctl.jobId', own.jobId),
    version: get('chartctl.version', own.version),
    format: get(
      'format',
      FORMAT_NAMES.find((name) => name === resources[0]?.format),
    ),
    symbols: get('chartctl.symbols', own.symbols)?.map(({ symbol }) => symbol),
    asOf: own.asOf ? { timeMs: Date.parse(own.asOf.time), job: own.asOf.job } : null,
    knownWithinMs: own.knownWithin && own.knownWithin.seconds * 1000,
    indicators: get('chartctl.indicators', own.indicators),
    files: resources.map(({ path, hash, chartctl }) => ({
      path: join(dirname(manifest), get('path', path)),
      part: chartctl?.part ?? null,
      from: Date.parse(get('chartctl.from', chartctl?.from)),
      to: Date.parse(get('chartctl.to', chartctl?.to)),
      rows: get('chartctl.rows', chartctl?.rows),
      sha256: toSha256(get('hash', hash)),
      contentSha256: chartctl?.uncompressed ? toSha256(chartctl.uncompressed.hash) : null,
    })),
  };
  if (missing.length === 0) return set;
  throw new Failure('failed', `the manifest "${manifest}" has no ${[...new Set(missing)].join(', ')}`, {
    code: 'INCOMPLETE_MANIFEST',
    hint: 'expected a manifest that export-training-set wrote to a file',
  });
}

/** The members of a manifest that are read. */
interface ManifestText {
  resources?: {
    path?: string;
    format?: string;
    hash?: string;
    chartctl?: { part?: string; rows?: number; from?: string; to?: string; uncompressed?: { hash: string } };
  }[];
  chartctl?: {
    jobId?: number | null;
    version?: string;
    symbols?: { symbol: string }[];
    asOf?: { time: string; job: number | null };
    knownWithin?: { seconds: number };
    indicators?: unknown;
  };
}

function parse(manifest: string): ManifestText {
  try {
    const content: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
    if (typeof content === 'object' && content !== null) return content;
    throw new Error('it is not an object');
  } catch (error) {
    throw new Failure('failed', `the manifest "${manifest}" cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function toSha256(hash: string | null): string {
  return hash?.replace(/^sha256:/, '') ?? '';
}
