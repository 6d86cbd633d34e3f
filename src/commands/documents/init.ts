import type { CheckResult } from '../../jobs/doctor/check-result.js';
import { documentOf } from '../framework/document/document.js';
import { about, list, object, oneOf, optional, text } from '../framework/document/shape.js';
import { SCHEDULER_CHOICES, type SchedulerChoice } from '../init/read-choices.js';
import { maskUrl } from '../../core/secrets.js';
import { CHECK_MEMBERS } from './doctor.js';

interface InitResult {
  checks: readonly CheckResult[];
  settings: { databaseUrl?: string | undefined; dataDir?: string | undefined; symbols?: readonly string[] | undefined };
  scheduler: SchedulerChoice | undefined;
  written: readonly string[];
  nextSteps: readonly string[];
}

interface InitMembers {
  checks: readonly CheckResult[];
  databaseUrl?: string | undefined;
  dataDir?: string | undefined;
  configuredSymbols: readonly string[];
  scheduler?: SchedulerChoice | undefined;
  written: readonly string[];
  nextSteps: readonly string[];
}

export const initDocument = documentOf<InitResult, InitMembers>(
  ({ checks, settings, scheduler, written, nextSteps }) => ({
    checks,
    databaseUrl: settings.databaseUrl && maskUrl(settings.databaseUrl),
    dataDir: settings.dataDir,
    configuredSymbols: settings.symbols ?? [],
    scheduler,
    written,
    nextSteps,
  }),
  {
    checks: list(object<CheckResult>(CHECK_MEMBERS)),
    databaseUrl: about('The PostgreSQL server, its password masked.', optional(text)),
    dataDir: about('The folder of the embedded database.', optional(text)),
    configuredSymbols: list(text),
    scheduler: optional(oneOf(...SCHEDULER_CHOICES)),
    written: about('The paths of the files; empty when a check failed.', list(text)),
    nextSteps: about('Shell commands that set the table up, in their order.', list(text)),
  },
);
