import { join } from 'node:path';
import { EXIT_CODES, type ExitCode, Failure, type FailureKind, strongestExitCode } from '../../core/failure.js';
import type { CheckResult } from '../../jobs/doctor/check-result.js';
import { printMessage } from '../../terminal/output.js';
import type { Questions } from '../../terminal/questions.js';
import { createPaint, readColumns } from '../../terminal/screen.js';
import { formatCheckLines } from '../doctor.js';
import type { Call, Command, CommandResult } from '../framework/command.js';
import { formatLines } from '../framework/job-result.js';
import { printNotice } from '../framework/notices.js';
import { OUTPUT_OPTIONS, SYMBOL_OPTIONS } from '../framework/options/options.js';
import type { NewSettings } from './new-configuration.js';
import { listNextSteps } from './next-steps.js';
import { type Choices, readChoices, SCHEDULER_CHOICES, type SchedulerChoice } from './read-choices.js';

interface InitResult extends CommandResult {
  checks: readonly CheckResult[];
  /** Whether the checks were shown as their questions were answered. */
  areShown: boolean;
  settings: NewSettings;
  scheduler: SchedulerChoice | undefined;
  /** The paths of the files; empty when a check failed. */
  written: readonly string[];
  /** Commands that set the table up, in their order. */
  nextSteps: readonly string[];
}

const EXISTING_HINT =
  'init never overwrites: edit them (chartctl config shows what they set), or run it in another folder';

export const initCommand: Command<InitResult> = {
  name: 'init',
  otherNames: ['initialize', 'configure', 'wizard', 'quickstart'],
  description: 'ask for database, symbols and schedule, check them, and write chartctl.config.json and .env here',
  arguments: [['[symbols...]', 'symbols such as BTCUSDT']],
  options: [
    SYMBOL_OPTIONS[0]!,
    [
      '--database <place>',
      'the URL of a PostgreSQL server, without a password, or a folder for the embedded database (default: DATABASE_URL)',
    ],
    [`--schedule <${SCHEDULER_CHOICES.join('|')}>`, 'the scheduler that will run the jobs'],
    ['--image <name>', 'with --schedule kubernetes: the container image that has chartctl'],
    ...OUTPUT_OPTIONS,
  ],
  notes: [
    '',
    'What is not given is asked for; without a terminal it has to be given. .env (mode 600) holds DATABASE_URL with its',
    'password, which is never an option. Existing files are not overwritten, and when a check fails none is written.',
  ],
  examples: [
    ['chartctl init', 'answer three questions; each answer is checked, as by doctor'],
    ['chartctl init BTCUSDT ETHUSDT --database data --schedule none', 'the embedded database, in ./data'],
    ['chartctl init BTCUSDT --schedule systemd --json', 'the database of DATABASE_URL, for programs'],
  ],
  run: async (call) => {
    const { io } = call;
    const [{ DOT_ENV_NAME }, { CONFIG_FILE_NAME }, { requireAbsent }] = await Promise.all([
      import('./new-configuration.js'),
      import('../../config/read-configuration.js'),
      import('../../files/write-new-files.js'),
    ]);
    requireAbsent(
      [DOT_ENV_NAME, CONFIG_FILE_NAME].map((name) => join(io.cwd, name)),
      EXISTING_HINT,
    );
    const canAsk = io.stdin.isTerminal && io.isTerminal.stderr;
    const choices = readChoices(call, canAsk);
    const { database, symbols, scheduler, image } = choices;
    const isComplete = database && symbols && scheduler && (scheduler !== 'kubernetes' || image);
    if (isComplete || !canAsk) return setUp(call, choices);
    const { openQuestions } = await import('../../terminal/questions.js');
    const questions = openQuestions(io.stdin.open(), io.stderr, io.signal);
    try {
      return await setUp(call, choices, questions);
    } finally {
      questions.close();
    }
  },
  text: ({ checks, areShown, written, nextSteps }, view) => {
    const { paint, columns, flags } = view;
    const shown = areShown || checks.length === 0 ? '' : formatCheckLines(checks, paint, columns);
    if (written.length === 0) return shown;
    const next = flags.isSet('--quiet') ? [] : ['next:', ...nextSteps.map((step) => `  ${step}`)];
    return `${shown}${formatLines([...written.map((path) => `written: ${path}`), ...next], columns)}`;
  },
  document: async () => (await import('../documents/init.js')).initDocument,
};

/** Checks the choices in their order, asks for those that are missing, and writes the files if none fails. */
async function setUp(call: Call, given: Choices, questions?: Questions): Promise<InitResult> {
  const { io } = call;
  const paint = createPaint(io.isTerminal.stderr, io.env, call.output.color);
  const [{ Interview, settle }, check] = await Promise.all([import('./ask-choices.js'), import('./check-choices.js')]);
  const interview = questions && new Interview(questions, io, paint);
  const show = async (checks: CheckResult[]) => {
    questions?.throwIfStopped();
    const columns = readColumns(io.stderr, io.isTerminal.stderr);
    if (questions && checks.length > 0) await printMessage(io.stderr, formatCheckLines(checks, paint, columns));
    return checks;
  };
  const all: CheckResult[] = [];
  const shared = { checks: all, areShown: questions !== undefined };
  const toFailed = (settings: NewSettings): InitResult => {
    const failed = describeFailed(all);
    if (failed) return { ...shared, settings, scheduler: undefined, written: [], nextSteps: [], ...failed };
    throw new Failure('usage', 'nothing was written: the input ended before every question was answered');
  };

  let isBehind = false;
  const givenDatabase = interview && given.database ? await interview.askPassword(given.database) : given.database;
  const databaseChoice = await settle(givenDatabase, interview && (() => interview.askDatabase()), async (choice) => {
    const found = await check.checkDatabaseChoice(choice, io);
    isBehind = found.isBehind;
    return show(found.checks);
  });
  all.push(...databaseChoice.checks);
  const database = databaseChoice.choice;
  // without a terminal all problems are reported together
  if (!database && questions) return toFailed({});

  const symbolsChoice = await settle(given.symbols, interview && (() => interview.askSymbols()), async (choice) =>
    show(await check.checkSymbolsChoice(choice, io)),
  );
  all.push(...symbolsChoice.checks);
  const symbols = symbolsChoice.choice;
  if (!database || !symbols) return toFailed({ ...database, symbols });

  const settings: NewSettings = { ...database, symbols };
  let image = given.image;
  const schedulerChoice = await settle(
    given.scheduler,
    interview && (() => interview.askScheduler(database)),
    async (choice) => {
      if (choice === 'kubernetes') image ??= await interview?.askImage();
      const checks = check.checkSchedulerChoice(choice, { ...settings, image }, io);
      if (checks.some(({ state }) => state === 'fail')) image = undefined;
      return show(checks);
    },
  );
  all.push(...schedulerChoice.checks);
  const scheduler = schedulerChoice.choice;
  if (!scheduler) return toFailed(settings);
  questions?.throwIfStopped();
  return { ...shared, settings, scheduler, ...(await write(call, { settings, scheduler, image, isBehind })) };
}

/** The exit code and the problem of failed checks. */
function describeFailed(checks: readonly CheckResult[]): { exitCode: ExitCode; problem: Failure } | undefined {
  const failed = checks.filter(({ state }) => state === 'fail');
  if (failed.length === 0) return undefined;
  const exitCode = strongestExitCode(failed.map((result) => result.exitCode ?? EXIT_CODES.failed));
  const kind = Object.keys(EXIT_CODES).find((key) => EXIT_CODES[key as FailureKind] === exitCode) as FailureKind;
  const names = [...new Set(failed.map(({ check }) => check))].join(', ');
  const [only, ...others] = failed;
  const found = others.length === 0 ? `${only!.check}: ${only!.found}` : `these checks failed: ${names}`;
  const hint = others.length === 0 ? only!.remedy : undefined;
  return { exitCode, problem: new Failure(kind, `nothing was written: ${found}`, { hint, code: 'CHECK_FAILED' }) };
}

interface CheckedChoices {
  settings: NewSettings;
  scheduler: SchedulerChoice;
  image: string | undefined;
  isBehind: boolean;
}

async function write(
  call: Call,
  { settings, scheduler, image, isBehind }: CheckedChoices,
): Promise<Pick<InitResult, 'written' | 'nextSteps'>> {
  const { io, flags } = call;
  const [{ findOverriding, formatNewFiles }, { writeNewFiles }] = await Promise.all([
    import('./new-configuration.js'),
    import('../../files/write-new-files.js'),
  ]);
  const written = writeNewFiles(io.cwd, formatNewFiles(settings), false, EXISTING_HINT);
  const overriding = findOverriding(settings, io.env);
  const replaced = flags.configuration?.file;
  if (replaced !== undefined && !overriding.includes('CHARTCTL_CONFIG')) {
    await printNotice(call, `"${replaced}" does not apply in this folder any more: the new file takes its place`);
  }
  if (overriding.length > 0) {
    const verb = overriding.length > 1 ? 'override' : 'overrides';
    await printNotice(call, `${overriding.join(', ')} of the environment ${verb} the new files`);
  }
  return { written, nextSteps: listNextSteps({ overriding, isBehind, scheduler, image }) };
}
