import { parseConfig } from '../../config/config.js';
import { Problems } from '../../config/problems.js';
import { Failure } from '../../core/failure.js';
import type { Io } from '../../core/io.js';
import { type CheckResult, ok, toCheckResult } from '../../jobs/doctor/check-result.js';
import { checkNewSymbols } from '../../jobs/doctor/check-symbols.js';
import { checkNewDatabase } from '../../jobs/doctor/doctor.js';
import { formatCount } from '../../terminal/text.js';
import { Flags } from '../framework/options/flags.js';
import { SCHEDULERS } from '../schedule/schedulers.js';
import { findOverriding, type NewSettings, planConfiguration } from './new-configuration.js';
import type { DatabaseChoice, SchedulerChoice } from './read-choices.js';

/** The results of a check of a database, and whether it has to be migrated. */
interface DatabaseCheck {
  checks: CheckResult[];
  isBehind: boolean;
}

/** The configuration as commands will read it from the new files. */
function plan(settings: NewSettings, io: Io) {
  const problems = new Problems();
  const configuration = planConfiguration(settings, io, (problem) => problems.append(problem));
  problems.throwIfAny();
  return { configuration, config: parseConfig(configuration, io.cwd) };
}

/** Checks whether the database can be used, as `chartctl doctor` does. */
export async function checkDatabaseChoice(database: DatabaseChoice, io: Io): Promise<DatabaseCheck> {
  const { results, isBehind } = await checkNewDatabase(plan(database, io).config.database);
  return { checks: results, isBehind };
}

/** Checks whether Binance has and trades the symbols. */
export async function checkSymbolsChoice(symbols: readonly string[], io: Io): Promise<CheckResult[]> {
  return checkNewSymbols(plan({ symbols }, io).config.exchange, symbols, io.signal);
}

/** Checks whether `chartctl schedule` will print the files of a scheduler. */
export function checkSchedulerChoice(
  scheduler: SchedulerChoice,
  { image, ...settings }: NewSettings & { image: string | undefined },
  io: Io,
): CheckResult[] {
  const check = 'schedule';
  if (scheduler === 'none') return [];
  try {
    const raw = { image };
    const given = new Flags(raw, io.cwd);
    const flags = new Flags(raw, io.cwd, plan(settings, io).configuration, given.problems);
    const { files } = SCHEDULERS[scheduler]!({ given, flags, names: [], io: withoutOverriding(settings, io) });
    const count = files.length === 1 ? '1 file' : `${formatCount(files.length)} files`;
    return [ok(check, `chartctl schedule ${scheduler} makes ${count}`)];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [toCheckResult(check, error, `see: chartctl schedule --help`)];
  }
}

function withoutOverriding(settings: NewSettings, io: Io): Io {
  const overriding = findOverriding(settings, io.env);
  const kept = Object.entries(io.env).filter(([name]) => !overriding.includes(name));
  return { ...io, env: Object.fromEntries(kept) };
}
