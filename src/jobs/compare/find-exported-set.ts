import { existsSync } from 'node:fs';
import { Failure } from '../../core/failure.js';
import type { MinuteRange } from '../../core/range.js';
import type { Db } from '../../database/store.js';
import { type FormatName, FORMAT_NAMES } from '../../files/formats/formats.js';
import { digestFile } from '../../files/formats/read-training-file.js';
import { type DescribedFile, findManifest, readManifest } from '../../files/read-manifest.js';
import { INDICATOR_PARAMETERS } from '../../indicators/indicators.js';
import { findJob } from '../../tables/jobs.js';
import type { AsOf } from '../../tables/past/instant.js';
import { findExportedParts } from '../../tables/trainings.js';

/** A training set: a file of `export-training-set`, or the job that exported it. */
export type TrainingName = { path: string } | { job: number };

/** One file of an export. */
export interface ExportedFile {
  /** Where it is; null when it is there no more. */
  path: string | null;
  name: string;
  range: MinuteRange;
  rows: number;
  sha256: string;
  /** Of a gzipped file: the SHA-256 of what it holds; null when it was not recorded. */
  contentSha256: string | null;
}

/** What was exported, and all that is needed to make its files again. */
export interface ExportedSet {
  jobId: number;
  /** Null when no manifest says it. */
  version: string | null;
  format: FormatName;
  isGzipped: boolean;
  /** In the order of the files. */
  symbols: string[];
  /** Of which instant the rows are. */
  asOf: AsOf;
  knownWithinMs: number | undefined;
  files: ExportedFile[];
}

/**
 * Finds out how a training set was exported.
 *
 * @throws Failure when its file was changed, its manifest lacks something, its indicators had other parameters, or this
 *   database did not export it
 */
export async function findExportedSet(db: Db, name: TrainingName): Promise<ExportedSet> {
  return 'job' in name ? findByJob(db, name.job) : findByFile(db, name.path);
}

async function findByFile(db: Db, path: string): Promise<ExportedSet> {
  const manifest = findManifest(path);
  if (manifest === null) {
    const [what, code] = existsSync(path) ? ['has no manifest beside it', 'NO_MANIFEST'] : ['does not exist', 'ENOENT'];
    throw new Failure('failed', `"${path}" ${what}`, {
      code,
      hint: 'expected FILE with FILE.datapackage.json, or the number of the job that exported it: chartctl jobs',
    });
  }
  const set = readManifest(manifest);
  const own = set.files.filter((file) => file.path === path);
  const files = own.length > 0 ? own : set.files;
  for (const file of files) await requireUnchanged(file, manifest);
  if (JSON.stringify(set.indicators) !== JSON.stringify(INDICATOR_PARAMETERS)) {
    throw new Failure('failed', `the indicators of "${path}" had other parameters than those of this version`, {
      code: 'OTHER_INDICATORS',
      hint: `run it with chartctl ${set.version}`,
    });
  }
  const hashes = new Set((await findExportedParts(db, set.jobId)).map(({ sha256 }) => sha256));
  if (files.some(({ sha256 }) => !hashes.has(sha256))) {
    throw new Failure('failed', `job ${set.jobId} of this database did not export "${files[0]!.path}"`, {
      code: 'OTHER_DATABASE',
      hint: 'set DATABASE_URL to the database of the export',
    });
  }
  return {
    ...{ jobId: set.jobId, version: set.version, format: set.format, symbols: set.symbols },
    isGzipped: files.some(({ contentSha256 }) => contentSha256 !== null),
    asOf: toAsOf(set),
    knownWithinMs: set.knownWithinMs,
    files: files.map(({ from, to, path: at, ...file }) => ({ ...file, path: at, name: at, range: { from, to } })),
  };
}

function toAsOf({ jobId, asOf }: { jobId: number; asOf: { timeMs: number; job: number | null } | null }): AsOf {
  if (!asOf) return { job: jobId };
  return asOf.job === null ? { time: asOf.timeMs } : { job: asOf.job };
}

async function requireUnchanged({ path, sha256 }: DescribedFile, manifest: string): Promise<void> {
  const found = await digestFile(path);
  if (found.sha256 === sha256) return;
  throw new Failure('failed', `"${path}" was changed after its export: its SHA-256 is ${found.sha256}`, {
    code: 'FILE_CHANGED',
    hint: `expected ${sha256}, as "${manifest}" says`,
  });
}

async function findByJob(db: Db, id: number): Promise<ExportedSet> {
  const [job, parts] = [await findJob(db, id), await findExportedParts(db, id)];
  if (!job || parts.length === 0) {
    throw new Failure('usage', job ? `job ${id} (${job.command}) exported no file` : `there is no job ${id}`, {
      code: 'NO_EXPORT',
      hint: 'expected an export to a file: chartctl jobs --command export-training-set',
    });
  }
  const { format, isGzipped, asOf, knownWithinMs } = job.arguments;
  const files = new Map<string, ExportedFile>();
  for (const { from, to, rows, file: name, sha256 } of parts) {
    const file = files.get(name);
    if (file) file.rows += rows;
    else files.set(name, { path: name, name, range: { from, to }, rows, sha256, contentSha256: null });
  }
  for (const file of files.values()) if (!(await isThere(file))) file.path = null;
  return {
    ...{ jobId: id, version: null, isGzipped: isGzipped === true, files: [...files.values()] },
    format: FORMAT_NAMES.find((known) => known === format) ?? 'csv',
    symbols: [...new Set(parts.map(({ symbol }) => symbol))].sort(),
    asOf: (asOf as AsOf | undefined) ?? { job: id },
    knownWithinMs: typeof knownWithinMs === 'number' ? knownWithinMs : undefined,
  };
}

/** Whether the exported file is still the one that was exported. */
async function isThere({ name, sha256 }: ExportedFile): Promise<boolean> {
  return existsSync(name) && (await digestFile(name)).sha256 === sha256;
}
