import { parseInstant } from '../../core/parse-time.js';
import type { MinuteRange } from '../../core/range.js';
import { formatCount, formatStretch, NO_VALUE } from '../format-figures.js';
import type { ReportJob } from '../report-data.js';

type Arguments = Readonly<Record<string, unknown>>;

/** What an argument of a job means in words; null where it says nothing. */
const ARGUMENT_WORDS: Readonly<Record<string, (value: unknown) => string | null>> = {
  at: (minute) => `the minute ${toText(minute)}`,
  fillGaps: (isSet) => (isSet ? 'gaps filled from fallback exchanges' : null),
  replaceFallback: (isSet) => (isSet ? 'FALLBACK rows replaced' : null),
  via: (way) => `via ${toText(way)}`,
  rules: (rules) => `rules ${toText(rules)}`,
  sigma: (sigma) => `spikes above mean + ${toText(sigma)} sd`,
  flatMinutes: (minutes) => `flat after ${toText(minutes)} minutes`,
  repair: (isSet) => (isSet ? 'flagged rows asked for again' : null),
  keepFlagged: (isSet) => (isSet ? 'confirmed rows stay flagged' : null),
  accept: (reason) => `flags accepted: ${toText(reason)}`,
  keepDays: (days) => `rows older than ${toText(days)} days removed`,
  keepHistoryDays: (days) => `history older than ${toText(days)} days removed`,
  removeFuture: (isSet) => (isSet ? 'rows later than the clock removed' : null),
  timestamps: (count) => `${toText(count)} minutes by name`,
  files: (files) => toText(files),
  fileCount: () => null,
  undoes: (job) => `job ${toText(job)} undone`,
  flag: (isSet) => (isSet ? 'what differs flagged' : null),
  revised: (isSet) => (isSet ? 'revised candles replaced' : null),
  out: (path) => (path === '-' ? null : `to ${toText(path)}`),
  format: (format) => `as ${toText(format)}`,
  isGzipped: (isSet) => (isSet ? 'compressed' : null),
  requireReady: (isSet) => (isSet ? 'only if ready' : null),
  markTrained: (isSet) => (isSet ? 'marked as trained' : null),
  reason: (reason) => toText(reason),
};

/** What each count of a job counts; others are shown by their names. */
const COUNT_WORDS: Readonly<Record<string, string>> = {
  spikes: 'volume spikes flagged',
  unsound: 'unsound rows flagged',
  duplicates: 'duplicates removed',
  pruned: 'old rows removed',
  rows: 'rows',
  fromFallback: 'from a fallback exchange',
};

/** A job's arguments in words: the range and what else it was asked for. */
export function describeArguments(job: Pick<ReportJob, 'arguments'>): string {
  const given = job.arguments as Arguments;
  const range = findRange(given);
  const words = Object.entries(given).flatMap(([name, value]) => {
    if (value === null || value === undefined || (range && (name === 'from' || name === 'to'))) return [];
    const describe = Object.hasOwn(ARGUMENT_WORDS, name) ? ARGUMENT_WORDS[name]! : undefined;
    return (describe ? describe(value) : describeUnknown(name, value)) ?? [];
  });
  const all = [...(range ? [formatStretch(range)] : []), ...words];
  return all.length > 0 ? all.join('; ') : NO_VALUE;
}

/** What a job did, in words: `39,040 inserted, 138 confirmed`. */
export function describeCounts(counts: Readonly<Record<string, number>>): string {
  const done = Object.entries(counts).filter(([, count]) => count > 0);
  if (done.length === 0) return NO_VALUE;
  return done
    .map(([name, count]) => {
      const word = Object.hasOwn(COUNT_WORDS, name) ? COUNT_WORDS[name]! : splitName(name);
      return `${formatCount(count)} ${word}`;
    })
    .join(', ');
}

/** The range that a job was asked for; null without one. */
export function findRange({ from, to }: Arguments): MinuteRange | null {
  try {
    const range = { from: parseInstant(String(from)), to: parseInstant(String(to)) };
    return range.from < range.to ? range : null;
  } catch {
    return null; // the arguments come from the database, and may be anything
  }
}

function describeUnknown(name: string, value: unknown): string | null {
  if (value === false) return null;
  return value === true ? splitName(name) : `${splitName(name)} ${toText(value)}`;
}

/** `keepDays` as `keep days`. */
function splitName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll('_', ' ');
}

function toText(value: unknown): string {
  if (Array.isArray(value)) return value.map(toText).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
