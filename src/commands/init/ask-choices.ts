import { Problems } from '../../config/problems.js';
import { EXIT_CODES, Failure } from '../../core/failure.js';
import type { Io } from '../../core/io.js';
import { maskUrl } from '../../core/secrets.js';
import { parseSymbols } from '../../core/symbol.js';
import type { CheckResult } from '../../jobs/doctor/check-result.js';
import { printMessage } from '../../terminal/output.js';
import { printFailure } from '../../terminal/print-failure.js';
import type { Questions } from '../../terminal/questions.js';
import { readColumns } from '../../terminal/screen.js';
import type { Paint } from '../framework/command.js';
import {
  type DatabaseChoice,
  describeConflict,
  parseDatabaseChoice,
  SCHEDULER_CHOICES,
  type SchedulerChoice,
} from './read-choices.js';

/** Asks for each choice until its form is right; undefined when the input has ended. */
export class Interview {
  constructor(
    private readonly questions: Questions,
    private readonly io: Io,
    private readonly paint: Paint,
  ) {}

  /** The password is asked for by itself, so that it is not shown. */
  async askDatabase(): Promise<DatabaseChoice | undefined> {
    const { env } = this.io;
    const suggested = env.DATABASE_URL ?? '';
    const shown = suggested === '' ? '' : ` [${maskUrl(suggested)}]`;
    await printMessage(this.io.stderr, 'postgres://USER@HOST:5432/DATABASE, or a folder for the embedded database\n');
    const choice = await this.#ask(`database${shown}: `, (text) => parseDatabaseChoice(text || suggested, env));
    return choice && this.askPassword(choice);
  }

  /** Adds the password to the URL of a user without one; it is typed as it is, not encoded. */
  async askPassword(choice: DatabaseChoice): Promise<DatabaseChoice | undefined> {
    if (choice.databaseUrl === undefined) return choice;
    const url = new URL(choice.databaseUrl);
    if (url.username === '' || url.hostname === '' || url.password !== '') return choice;
    const password = await this.questions.ask(`password of ${url.username} (not shown; empty for none): `, true);
    if (password === undefined) return undefined;
    url.password = encodeURIComponent(password).replaceAll("'", '%27');
    return { databaseUrl: url.href };
  }

  askSymbols(): Promise<readonly string[] | undefined> {
    return this.#ask('symbols, such as BTCUSDT ETHUSDT: ', (text) => {
      const symbols = parseSymbols(text.split(/[\s,]+/).filter((word) => word !== ''));
      if (symbols.length > 0) return symbols;
      throw new Failure('usage', 'no symbol was named', { hint: 'chartctl symbols --quote USDT lists them' });
    });
  }

  askScheduler(database: DatabaseChoice): Promise<SchedulerChoice | undefined> {
    const suggested = describeConflict(database, 'crontab') ? 'none' : 'crontab';
    return this.#ask(`schedule, one of ${SCHEDULER_CHOICES.join(', ')} [${suggested}]: `, (text) => {
      const choice = SCHEDULER_CHOICES.find((candidate) => candidate === (text.toLowerCase() || suggested));
      if (!choice) {
        const hint = `expected ${SCHEDULER_CHOICES.join(', ')}`;
        throw new Failure('usage', `the schedule was "${text}"`, { hint });
      }
      const [problem, hint] = describeConflict(database, choice) ?? [];
      if (problem !== undefined) throw new Failure('usage', problem, { hint });
      return choice;
    });
  }

  askImage(): Promise<string | undefined> {
    return this.#ask('container image, such as registry.example.com/chartctl:0.2.0: ', (text) => {
      if (text !== '') return text;
      throw new Failure('usage', 'no image was named', { hint: 'chartctl schedule kubernetes --containerfile' });
    });
  }

  async #ask<T>(question: string, parse: (text: string) => T): Promise<T | undefined> {
    for (;;) {
      const text = await this.questions.ask(question);
      if (text === undefined) return undefined;
      const problems = new Problems();
      const choice = problems.attempt(() => parse(text));
      if (choice !== undefined) return choice;
      const columns = readColumns(this.io.stderr, this.io.isTerminal.stderr);
      for (const problem of problems.all) await printFailure(this.io.stderr, problem, this.paint, {}, columns);
    }
  }
}

/**
 * Checks a choice; one that fails is asked for again while there is an answer.
 *
 * @param ask undefined where nothing can be asked
 * @returns the choice, undefined if it failed or was not made, and the results of its last check
 */
export async function settle<T>(
  given: T | undefined,
  ask: (() => Promise<T | undefined>) | undefined,
  check: (choice: T) => Promise<CheckResult[]>,
): Promise<{ choice: T | undefined; checks: CheckResult[] }> {
  let checks: CheckResult[] = [];
  for (let choice = given; ; choice = undefined) {
    choice ??= await ask?.();
    if (choice === undefined) return { choice, checks };
    checks = await check(choice);
    if (!checks.some(({ exitCode = EXIT_CODES.done }) => exitCode !== EXIT_CODES.done)) return { choice, checks };
  }
}
