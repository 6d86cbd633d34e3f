import postgres from 'postgres';
import * as assert from 'uvu/assert';
import { createDatabase, createRoles, hasServer, serverUrl } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { STEPS } from '../steps/steps.js';
import { openStepsWorld } from '../steps/steps-world.js';
import { findCallSites, nameOf, siteAt } from './call-sites.js';
import { checkStatement } from './check-statement.js';
import { EXCEPTIONS, UNREACHED } from './exceptions.js';
import { type RecordedStatement, recordStatements } from './record-statements.js';
import { FUNCTIONS_SQL, type Functions, toFunctions } from './volatility.js';

/** What the program sent during all steps. */
interface Recording {
  /** One of each text and place. */
  statements: readonly (RecordedStatement & { name: string })[];
  /** The names of the places that were reached. */
  reached: ReadonlySet<string>;
  functions: Functions;
}

const sites = findCallSites();

/** For a busy machine. */
const TIMEOUT = { timeoutMs: 300_000 };

group('every statement that the program sends', (test) => {
  if (!hasServer()) return test.skip('all', 'no PostgreSQL here');
  let recording: Promise<Recording> | undefined;
  const record = () => (recording ??= recordSteps());

  test(
    'obeys the rules of a distributed PostgreSQL, or is an exception with a reason',
    async () => {
      const { statements, functions } = await record();
      const used = new Set<string>();
      const problems = statements.flatMap(({ text, parameters, name }) =>
        checkStatement(text, parameters, functions).flatMap(({ rule, how }) => {
          const exception = EXCEPTIONS.find(({ site, rules }) => name.startsWith(site) && rules.includes(rule));
          if (!exception) return [`${name} breaks ${rule}: ${how}; ${text.replace(/\s+/g, ' ').slice(0, 200)}`];
          used.add(`${exception.site} ${rule}`);
          return [];
        }),
      );
      assert.is([...new Set(problems)].join('\n'), '');
      const known = EXCEPTIONS.flatMap(({ site, rules }) => rules.map((rule) => `${site} ${rule}`));
      assert.equal([...used].sort(), known.sort(), 'an exception that nothing needs is removed');
      process.stdout.write(
        `${statements.length} statements from ${new Set(statements.map(({ name }) => name)).size} places\n`,
      );
    },
    TIMEOUT,
  );

  test(
    'comes from a place that the steps reach, or from one that is listed with a reason',
    async () => {
      const { reached } = await record();
      const unreached = sites.filter(({ name }) => !reached.has(name));
      const unlisted = unreached.filter(({ name }) => !UNREACHED.some(({ site }) => name.startsWith(site)));
      assert.equal(
        unlisted.map(({ name }) => name),
        [],
      );
      const unneeded = UNREACHED.filter(({ site }) => {
        const begins = ({ name }: { name: string }) => name.startsWith(site);
        return sites.some(begins) && !unreached.some(begins);
      });
      assert.equal(unneeded, [], 'what the steps reach is not listed');
    },
    TIMEOUT,
  );
});

async function recordSteps(): Promise<Recording> {
  const server = (await serverUrl())!;
  await createRoles(server);
  const world = await openStepsWorld(await createDatabase(server));
  const recorder = recordStatements();
  try {
    const found = new Map<string, RecordedStatement & { name: string }>();
    for (const step of STEPS.filter(({ isRepeat }) => !isRepeat)) {
      await step.run(world);
      for (const statement of recorder.statements.splice(0)) {
        const name = nameOf(sites, statement.site);
        // texts that differ in their literals or in the length of a list are alike
        const shape = `${name} ${statement.text.replace(/'[^']*'/g, "''").replace(/\$\d+(?:, \$\d+)+/g, '$')}`;
        if (!found.has(shape)) found.set(shape, { ...statement, name });
      }
      world.takeResults();
    }
    const reached = new Set(recorder.reached.map((place) => siteAt(sites, place)?.name ?? ''));
    return { statements: [...found.values()], reached, functions: await readFunctions(server) };
  } finally {
    recorder.stop();
    await world.close();
  }
}

async function readFunctions(server: string): Promise<Functions> {
  const sql = postgres(server, { max: 1 });
  try {
    return toFunctions(await sql.unsafe<{ name: string; rank: number }[]>(FUNCTIONS_SQL));
  } finally {
    await sql.end({ timeout: 1 });
  }
}
