import { basename, dirname, join } from 'node:path';
import { type Source, SOURCES } from '../core/candle.js';
import { countMinutes, type MinuteRange } from '../core/range.js';
import { TRAINING_COLUMNS, type TrainingColumn } from '../rows/training-row.js';
import { type Format, toIsoTime } from './formats/format.js';
import type { ContentDigest } from './sink.js';

/** What a manifest says about a training set, besides the columns, which are the same for all. */
export interface ManifestContent {
  /** The path of `--out`. The manifest stands beside it and names its files without their folder. */
  path: string;
  format: Format;
  /** One file, or one for each part of a split. */
  files: readonly ManifestFile[];
  /** The requested minutes. */
  range: MinuteRange;
  /** Minutes left out before each cut; null without a split. */
  embargoMinutes: number | null;
  /** When the files were made, epoch milliseconds. */
  createdAt: number;
  version: string;
  jobId: number | null;
  /** The past instant at which the rows were as they are in the files, and the job whose end it is; null for the present. */
  asOf?: { timeMs: number; job: number | null } | null | undefined;
  /** With first versions only: how long after its minute had closed a row was stored at most. */
  knownWithinMs?: number | undefined;
  symbols: readonly ManifestSymbol[];
  excluded: readonly ExcludedMinutes[];
  gaps: readonly ManifestGap[];
  /** The parameters of each column's indicator. */
  indicators: Readonly<Record<string, object>>;
}

/** One file with its size and hash. */
export interface ManifestFile extends ContentDigest {
  path: string;
  /** The part of a split; null without a split. */
  part: string | null;
  range: MinuteRange;
  rows: number;
  bySource: SourceCounts;
  /** Size and hash before compression, for a gzipped file. */
  content?: ContentDigest | undefined;
}

interface ManifestSymbol {
  symbol: string;
  rows: number;
  bySource: SourceCounts;
  /** With first versions only: the minutes whose rows are not those that were stored when the file was made. */
  known?: Readonly<Record<'replaced' | 'removed' | 'late' | 'unknown', number>>;
}

type SourceCounts = Readonly<Partial<Record<Source, number>>>;

/** Minutes of a symbol that are not in the files, and why. */
interface ExcludedMinutes extends MinuteRange {
  symbol: string;
  reason: string;
}

/** Minutes without a row; the cause is null if the exchange was not asked yet. */
interface ManifestGap extends MinuteRange {
  symbol: string;
  cause: string | null;
}

/** The manifest's name: `train.csv.datapackage.json` beside `train.csv`. */
export function manifestPath(path: string): string {
  return `${path}.datapackage.json`;
}

/**
 * The path of a part of a split training set: the part's name stands before the ending.
 *
 * @example partPath('out/btc.csv.gz', 'train') // 'out/btc.train.csv.gz'
 */
export function partPath(path: string, part: string): string {
  const [, stem, ending] = /^(.+?)((?:\.[^.]+)?(?:\.gz)?)$/is.exec(basename(path))!;
  return join(dirname(path), `${stem}.${part}${ending}`);
}

/** Whether a data package may name the file: hidden files, `~`, URLs and line breaks are not allowed. */
export function isValidPackagePath(path: string): boolean {
  return !/^[.~]|^file:|[\\\n\r\u2028\u2029]/.test(basename(path));
}

/**
 * A Frictionless data package (datapackage.org) that describes training files: bytes, hash, columns with their units, and
 * under `chartctl` the requested range, what is left out and why, and code that reads the files.
 *
 * Only `created` and `jobId`, which stand side by side, depend on the run: the rest is the same for the same data.
 */
export function toManifest(content: ManifestContent) {
  return {
    $schema: 'https://datapackage.org/profiles/2.0/datapackage.json',
    name: toName(content.path),
    title: `Training data of ${content.symbols.map(({ symbol }) => symbol).join(', ')}`,
    resources: content.files.map((file) => toResource(file, content.format)),
    created: toIsoTime(content.createdAt),
    chartctl: {
      jobId: content.jobId,
      version: content.version,
      ...(content.asOf ? { asOf: { time: toIsoTime(content.asOf.timeMs), job: content.asOf.job } } : {}),
      ...(content.knownWithinMs === undefined ? {} : { knownWithin: toKnownWithin(content) }),
      window: toTimes(content.range),
      rows: content.files.reduce((sum, { rows }) => sum + rows, 0),
      ...(content.embargoMinutes === null ? {} : { split: toSplit(content.files, content.embargoMinutes) }),
      symbols: content.symbols.map((symbol) => ({ ...symbol, ...toTimes(content.range) })),
      excluded: content.excluded.map(({ symbol, reason, ...range }) => ({ symbol, ...toTimes(range), reason })),
      gaps: content.gaps.map(({ symbol, cause, ...range }) => ({ symbol, ...toTimes(range), cause })),
      indicators: content.indicators,
    },
  };
}

export type Manifest = ReturnType<typeof toManifest>;

/** How many rows differ from those that were stored when the file was made: replaced, removed or left out as late. */
function toKnownWithin({ knownWithinMs, symbols }: ManifestContent) {
  const counts = symbols.map(({ known }) => (known ? known.replaced + known.removed + known.late : 0));
  return { seconds: knownWithinMs! / 1000, differing: counts.reduce((sum, count) => sum + count, 0) };
}

function toSplit(files: readonly ManifestFile[], embargoMinutes: number) {
  return {
    rule: 'by time: the cuts are the same for every symbol, and the minutes of the embargo before a cut are left out',
    embargoMinutes,
    parts: files.map(({ part, path, range, rows }) => ({ part, path: basename(path), ...toTimes(range), rows })),
  };
}

function toResource(described: ManifestFile, format: Format) {
  const { path, part, range, rows, bySource, bytes, sha256, content } = described;
  const { mediatype, isText, dialect, readingCode } = format;
  const file = basename(path);
  return {
    name: toName(file),
    ...(part === null ? {} : { title: `The ${part} part` }),
    type: 'table',
    path: file,
    format: format.name,
    mediatype,
    ...(isText ? { encoding: 'utf-8' } : {}),
    ...(content ? { compression: 'gz' } : {}),
    bytes,
    hash: `sha256:${sha256}`,
    ...(dialect ? { dialect } : {}),
    schema: {
      fields: TRAINING_COLUMNS.map(toField),
      primaryKey: ['symbol', 'timestamp'],
      missingValues: [''],
    },
    chartctl: {
      ...(part === null ? {} : { part }),
      rows,
      bySource,
      ...toTimes(range),
      ...(content ? { uncompressed: { bytes: content.bytes, hash: `sha256:${content.sha256}` } } : {}),
      read: readingCode(file),
    },
  };
}

function toField({ name, type, unit, description, isNullable }: TrainingColumn) {
  const constraints = {
    ...(isNullable ? {} : { required: true }),
    ...(name === 'source' ? { enum: [...SOURCES] } : {}),
  };
  return {
    name,
    type,
    description,
    ...(unit === '' ? {} : { unit }),
    ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
  };
}

/** A half-open range, as everywhere. */
function toTimes(range: MinuteRange): { from: string; to: string; minutes: number } {
  return { from: toIsoTime(range.from), to: toIsoTime(range.to), minutes: countMinutes(range) };
}

/** A package's name holds lower-case letters, digits, `.`, `_` and `-`. */
function toName(path: string): string {
  return basename(path)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-');
}
