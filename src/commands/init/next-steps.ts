import { toShellCommand } from '../../core/shell-words.js';
import type { SchedulerChoice } from './read-choices.js';

/** What the next steps depend on. */
interface SetUp {
  /** Variables of the environment that override the new files. */
  overriding: readonly string[];
  /** Whether the database has to be migrated. */
  isBehind: boolean;
  scheduler: SchedulerChoice;
  image: string | undefined;
}

/** The commands that fill the table and keep it right, as they are to be run in the folder of the new files. */
export function listNextSteps({ overriding, isBehind, scheduler, image }: SetUp): string[] {
  const ofImage = image === undefined ? [] : ['--image', image];
  return [
    ...(overriding.length > 0 ? [`unset ${overriding.join(' ')}`] : []),
    ...(isBehind ? ['chartctl migrate --dry-run && chartctl migrate'] : []),
    'chartctl backfill --days 7',
    ...(scheduler === 'none'
      ? []
      : [toShellCommand(['chartctl', 'schedule', scheduler, ...ofImage, '--out', 'schedule'])]),
    'chartctl status',
  ];
}
