import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../../../src/commands/commands.js';
import {
  databaseTime,
  list,
  nullable,
  numberOrNull,
  object,
  optional,
  time,
} from '../../../src/commands/framework/document/shape.js';
import { checkDocument } from '../../harness/check-document.js';
import { group } from '../../harness/group.js';
import { runInProcess } from '../run-in-process.js';

const ALL = Object.values(COMMANDS).flat();
const DESCRIBED = ALL.filter((command) => command.document !== undefined);

/** Objects of a schema that let members through which it does not name. */
function findOpenObjects(schema: unknown, place = '#'): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, additionalProperties } = schema as Record<string, unknown>;
  const isCondition = /#\/(if|then)/.test(place);
  const open = properties !== undefined && additionalProperties !== false && !isCondition ? [place] : [];
  return [...open, ...Object.entries(schema).flatMap(([key, part]) => findOpenObjects(part, `${place}/${key}`))];
}

const failsWith = async (document: object, expected: RegExp) => {
  let found = 'the document was accepted';
  try {
    await checkDocument(['jobs', '--json'], JSON.stringify(document));
  } catch (error) {
    found = String(error);
  }
  assert.match(found, expected);
};

group('JSON documents', (test) => {
  test('every command with --json has one, and prints its schema without configuration, database and arguments', async () => {
    const withJson = ALL.filter(({ options }) => options.some(([flag]) => flag === '--json'));
    assert.equal(
      withJson.map(({ name }) => name),
      DESCRIBED.map(({ name }) => name),
    );
    const cwd = mkdtempSync(join(tmpdir(), 'chartctl-schema-'));
    try {
      writeFileSync(join(cwd, 'chartctl.config.json'), '{ "sigma": "none" }');
      for (const { name } of DESCRIBED) {
        const env = { DATABASE_URL: 'postgres://nowhere.invalid/none' };
        const { exitCode, stdout, stderr } = await runInProcess([name, '--json-schema'], { cwd, env });
        assert.equal([name, exitCode, stderr], [name, 0, '']);
        const schema = JSON.parse(stdout) as Record<string, unknown>;
        assert.is(schema.title, `chartctl ${name} --json`);
        assert.equal(findOpenObjects(schema), [], name);
      }
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });

  test('a member has the same type in every command', async () => {
    const types = new Map<string, Set<string>>();
    for (const command of DESCRIBED) {
      for (const form of (await command.document!()).forms) collectTypes(form, types);
    }
    const ambiguous = [...types].filter(([name, found]) => found.size > 1 && !KNOWN_BY_CONTEXT.has(name));
    assert.equal(
      ambiguous.map(([name, found]) => `${name}: ${[...found].join(', ')}`),
      [],
    );
  });

  test('instants are converted where they are declared: numbers, dates, and texts of PostgreSQL', () => {
    const shape = object<{ at: number; on: Date; times: number[]; last: number | null; none?: number }>({
      at: time,
      on: time,
      times: list(time),
      last: nullable(time),
      none: optional(time),
    });
    const noon = Date.UTC(2025, 5, 1, 12);
    assert.equal(shape.toJson({ at: noon, on: new Date(noon + 5), times: [0], last: null }), {
      at: '2025-06-01T12:00:00Z',
      on: '2025-06-01T12:00:00.005Z',
      times: ['1970-01-01T00:00:00Z'],
      last: null,
    });
    for (const [found, expected] of [
      ['2025-06-01 12:00:00+00', '2025-06-01T12:00:00Z'],
      ['2025-06-01T12:00:30.123456+00:00', '2025-06-01T12:00:30.123456Z'],
      ['294276-12-31 23:59:59+00', '+294276-12-31T23:59:59Z'],
      ['infinity', 'infinity'],
    ] as const) {
      assert.is(databaseTime.toJson(found), expected);
    }
    assert.equal([NaN, Infinity, 1.5, null].map(numberOrNull.toJson), [null, null, 1.5, null]);
  });

  test('members that the shape does not name are not printed', () => {
    const shape = object<{ rows: number }>({ rows: { schema: {}, toJson: (rows) => rows } });
    assert.equal(shape.toJson({ rows: 1, secret: 2 } as { rows: number }), { rows: 1 });
  });

  test('the check of the tests refuses other members, a failure without an error, and instants as numbers', async () => {
    const job = {
      ...{ jobId: 1, command: 'clean', arguments: {}, symbols: [], host: null, pid: null },
      ...{
        startedAt: '2025-06-01T12:00:00Z',
        finishedAt: null,
        outcome: 'done',
        exitCode: 0,
        counts: {},
        message: null,
      },
    };
    const document = { command: 'jobs', ok: true, exitCode: 0, jobId: null, symbols: [], jobs: [job] };
    await checkDocument(['jobs', '--json'], JSON.stringify(document));
    await failsWith({ ...document, more: 1 }, /not as published/);
    await failsWith({ ...document, jobs: [{ ...job, id: '1' }] }, /not as published/);
    await failsWith({ ...document, ok: false, exitCode: 1 }, /not as published/);
    await failsWith({ ...document, jobs: [{ ...job, counts: { at: 1748779200000 } }] }, /1748779200000 is a time/);
  });
});

/** Names whose meaning depends on where they are. */
const KNOWN_BY_CONTEXT = new Set(['value']);

/** The JSON types of each named member of a schema; null is no type of its own. */
function collectTypes(schema: unknown, types: Map<string, Set<string>>): void {
  if (typeof schema !== 'object' || schema === null) return;
  const { properties = {} } = schema as { properties?: Record<string, Record<string, unknown>> };
  for (const [name, member] of Object.entries(properties)) {
    types.set(name, (types.get(name) ?? new Set()).add(describeType(member)));
  }
  for (const part of Object.values(schema)) collectTypes(part, types);
}

function describeType(schema: Record<string, unknown>): string {
  if (Array.isArray(schema.anyOf)) return describeType((schema.anyOf as Record<string, unknown>[])[0]!);
  const type = [schema.type].flat().filter((name) => name !== 'null');
  const choice = Array.isArray(schema.enum) ? typeof schema.enum[0] : 'const' in schema ? typeof schema.const : 'any';
  const found = type.length > 0 ? type.join('|') : choice;
  return found === 'integer' ? 'number' : found;
}
