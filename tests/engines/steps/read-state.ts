import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import type { CommandResult, StepsWorld } from './steps-world.js';

/** Everything that a step leaves: the rows of each table as sorted lines, the files, and what the commands printed. */
export interface StepState {
  tables: Readonly<Record<string, readonly string[]>>;
  files: Readonly<Record<string, string>>;
  outputs: readonly string[];
}

/** Tables that hold no rows of chartctl's jobs. */
const LEFT_OUT = ['chartctl_migrations', 'chartctl_migrations_lock', 'chartctl_engine'];

/**
 * Reads the state of a world after a step. The wall clock, process IDs and addresses, which differ from run to run, are
 * replaced by words; the exchange's clock is that of the test and stays.
 */
export async function readStepState(world: StepsWorld, results: readonly CommandResult[]): Promise<StepState> {
  return {
    tables: await readTables(world),
    files: readFiles(world.folder),
    outputs: results.flatMap(({ argv, exitCode, stdout, stderr }) => [
      `${argv.join(' ')}: exit ${exitCode}`,
      toComparable(sortConcurrent(stdout), world),
      ...stderr
        .split('\n')
        .map((line) => toComparable(line, world))
        .sort(),
    ]),
  };
}

/** Sentences on the first differences of two states; empty when they are equal. */
export function findDifferences(found: StepState, expected: StepState): string[] {
  const tables = [...new Set([...Object.keys(found.tables), ...Object.keys(expected.tables)])];
  const files = [...new Set([...Object.keys(found.files), ...Object.keys(expected.files)])];
  return [
    ...tables.flatMap((table) => compareLines(table, found.tables[table] ?? [], expected.tables[table] ?? [])),
    ...files
      .filter((file) => found.files[file] !== expected.files[file])
      .map(
        (file) =>
          `the file ${file} differs: ${found.files[file] ?? 'none'}, expected ${expected.files[file] ?? 'none'}`,
      ),
    ...compareLines('the output', found.outputs, expected.outputs),
  ];
}

/** What several symbols add to at the same time is in no fixed order. */
const CONCURRENT_LISTS = ['notices', 'changes'];

/** Sorts these lists of a JSON document. */
function sortConcurrent(stdout: string): string {
  if (!stdout.startsWith('{')) return stdout;
  const document = JSON.parse(stdout) as Record<string, unknown>;
  for (const name of CONCURRENT_LISTS) {
    const list = document[name];
    if (Array.isArray(list)) document[name] = list.map((item) => toComparable(JSON.stringify(item))).sort();
  }
  return JSON.stringify(document);
}

const MAX_SHOWN = 3;

function compareLines(what: string, found: readonly string[], expected: readonly string[]): string[] {
  const places = Array.from({ length: Math.max(found.length, expected.length) }, (_, i) => i);
  const differing = places.filter((i) => found[i] !== expected[i]);
  if (differing.length === 0) return [];
  const shown = differing
    .slice(0, MAX_SHOWN)
    .map((i) => `\n  ${shorten(found[i], expected[i])}\n  expected ${shorten(expected[i], found[i])}`);
  return [`${what}: ${differing.length} of ${places.length} lines differ${shown.join('')}`];
}

/** A line from shortly before the first difference on. */
function shorten(line = 'nothing', other = 'nothing'): string {
  let at = 0;
  while (at < line.length && line[at] === other[at]) at += 1;
  const from = Math.max(0, at - 120);
  return `${from > 0 ? '...' : ''}${line.slice(from, at + 160)}`;
}

async function readTables(world: StepsWorld): Promise<StepState['tables']> {
  const { superuser } = world.database;
  const sql = postgres(superuser.kind === 'postgres' ? superuser.url : '', {
    max: 1,
    onnotice: () => undefined,
    connection: { TimeZone: 'UTC' },
  });
  try {
    const names = await sql<{ name: string }[]>`
      SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
        AND (relname = 'rolling_chart_data' OR relname LIKE 'chartctl\\_%') AND relname !~ '_[0-9]+$' ORDER BY 1`;
    const tables: Record<string, readonly string[]> = {};
    for (const { name } of names) {
      if (LEFT_OUT.includes(name)) continue;
      const rows = await sql.unsafe<{ record: Record<string, unknown> }[]>(
        `SELECT to_jsonb(t) AS record FROM ${name} t`,
      );
      tables[name] = rows.map(({ record }) => toComparable(JSON.stringify(sortFlags(record)), world)).sort();
    }
    return tables;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** The flags of a row in the audit log are in no fixed order. */
function sortFlags(record: Record<string, unknown>): Record<string, unknown> {
  const { flags_before: flags } = record;
  if (!Array.isArray(flags)) return record;
  return { ...record, flags_before: flags.map((flag) => JSON.stringify(flag)).sort() };
}

/** Text files as they are; of others the hash. */
function readFiles(folder: string): StepState['files'] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !/\.(?:html|prom)$/.test(entry.name),
  ); // they hold the wall clock and durations
  return Object.fromEntries(
    names.map((entry) => {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      const isText = /\.(?:json|txt)$/.test(entry.name);
      const comparable = isText ? toComparable(bytes.toString()) : bytes;
      return [entry.name, createHash('sha256').update(comparable).digest('hex')];
    }),
  );
}

/** The wall clock; the exchange's stands in 2025. */
const WALL_CLOCK = /\b20(?:2[6-9]|[3-9]\d)-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?/g;
/** Milliseconds since 1970, of 2026-02 and later. */
const WALL_CLOCK_MS = /\b(?:17[789]|1[89]\d)\d{10}\b/g;
const MASKS: readonly (readonly [RegExp, string])[] = [
  [WALL_CLOCK, '(clock)'],
  [WALL_CLOCK_MS, '(clock)'],
  // the page shows the wall clock
  [/("path":"[^"]*\.html","bytes":)\d+(,"sha256":)"[0-9a-f]+"/g, '$1$2'],
  // the size of a symbol's rows, in the CSV of the list
  [/,\d+,(true|false)$/gm, ',(bytes),$1'],
  [/postgres(?:ql)?:\/\/[^\s"']*/g, '(database)'],
  [/127\.0\.0\.1:\d+/g, '(exchange)'],
  [/\d+(?:\.\d+)? (?:ms|s|min|minutes?|hours?|days?) (ahead|behind|ago)/g, '(time) $1'],
  [/"(retryAfterMs|pid|durationMs|ageMs|processStart)":"?\d+"?/g, '"$1":0'],
  [/chartctl_test_[0-9a-f]+/g, '(name)'],
];

function toComparable(text: string, world?: StepsWorld): string {
  const masked = MASKS.reduce((changed, [pattern, word]) => changed.replace(pattern, word), text);
  return world ? masked.replaceAll(world.folder, '(folder)') : masked;
}
