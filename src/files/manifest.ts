import { basename } from 'node:path';
import type { Source } from '../core/candle.js';
import { countMinutes, type MinuteRange } from '../core/range.js';
import { TRAINING_COLUMNS, type TrainingColumn } from '../core/training-row.js';
import { FORMATS, type FormatName } from './formats.js';
import { toIsoTime } from './iso-time.js';

/** What a manifest tells about a training file, beside the columns that every such file has. */
export interface ManifestContent {
  /** The training file; the manifest stands beside it and names it without its folder. */
  path: string;
  format: FormatName;
  bytes: number;
  sha256: string;
  rows: number;
  /** When the file was made, epoch milliseconds. */
  createdAt: number;
  version: string;
  jobId: number | null;
  symbols: readonly ManifestSymbol[];
  excluded: readonly ExcludedMinutes[];
}

export interface ManifestSymbol {
  symbol: string;
  /** The minutes that were asked for. */
  range: MinuteRange;
  rows: number;
  bySource: Readonly<Partial<Record<Source, number>>>;
}

/** Minutes of a symbol's range that are not in the file, and why. */
export interface ExcludedMinutes extends MinuteRange {
  symbol: string;
  reason: string;
}

/** The manifest's name: `train.csv.datapackage.json` beside `train.csv`. */
export function manifestPath(path: string): string {
  return `${path}.datapackage.json`;
}

/**
 * A Frictionless data package (datapackage.org) that describes one training file: bytes, hash, columns with their
 * units, and in `chartctl` what was asked for and what is left out.
 */
export function toManifest(content: ManifestContent) {
  return {
    $schema: 'https://datapackage.org/profiles/2.0/datapackage.json',
    name: toName(content.path),
    title: `Training data of ${content.symbols.map(({ symbol }) => symbol).join(', ')}`,
    created: toIsoTime(content.createdAt),
    resources: [toResource(content)],
    chartctl: {
      version: content.version,
      jobId: content.jobId,
      rows: content.rows,
      symbols: content.symbols.map(({ range, ...symbol }) => ({ ...symbol, ...toTimes(range) })),
      excluded: content.excluded.map(({ symbol, reason, ...range }) => ({ symbol, ...toTimes(range), reason })),
    },
  };
}

export type Manifest = ReturnType<typeof toManifest>;

function toResource({ path, format, bytes, sha256 }: ManifestContent) {
  return {
    name: toName(path),
    type: 'table',
    path: basename(path),
    format,
    mediatype: FORMATS[format].mediatype,
    ...(format === 'parquet' ? {} : { encoding: 'utf-8' }),
    bytes,
    hash: `sha256:${sha256}`,
    ...(format === 'csv' ? { dialect: { header: true, delimiter: ',', lineTerminator: '\n' } } : {}),
    schema: {
      fields: TRAINING_COLUMNS.map(toField),
      primaryKey: ['symbol', 'timestamp'],
      missingValues: [''],
    },
  };
}

function toField({ name, type, unit, description, isNullable }: TrainingColumn) {
  return {
    name,
    type,
    description,
    ...(unit === '' ? {} : { unit }),
    ...(isNullable ? {} : { constraints: { required: true } }),
  };
}

/** Half-open, as everywhere: `to` itself is not in it. */
function toTimes(range: MinuteRange): { from: string; to: string; minutes: number } {
  return { from: toIsoTime(range.from), to: toIsoTime(range.to), minutes: countMinutes(range) };
}

/** A package's name is lower case, of letters, digits, `.`, `_` and `-`. */
function toName(path: string): string {
  return basename(path)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-');
}
