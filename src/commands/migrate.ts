import type { Flags } from '../cli/flags.js';
import type { MigrateOptions } from '../store/migration/migrate.js';
import { showPlan, migrate, rollBack, showStatus } from './migrate-modes.js';
import type { PlainCommand } from './plain-command.js';

interface Own extends MigrateOptions {
  mode: 'migrate' | 'status' | 'plan' | 'rollback';
}

export const migrateCommand: PlainCommand<Own> = {
  name: 'migrate',
  description: 'bring the database to this version: create the tables, or adopt the one that is there',
  options: [
    ['--status', 'say which migrations are applied and which are not'],
    ['--dry-run', 'say what would be done'],
    ['--rollback', 'undo every migration; candles are never dropped, nor is a table that holds rows'],
    ['--adopt-quoted', 'rename our columns that an ORM created quoted ("isComplete")'],
    ['--legacy-volume <base|quote>', 'the units of the volumes that are there; quote volumes are converted'],
    ['--exit-code', 'with --status or --dry-run: exit 10 when something is to be done'],
  ],
  examples: [
    ['chartctl migrate --dry-run', 'what would be done to this database'],
    ['chartctl migrate', 'do it, in one transaction; a second run changes nothing'],
    ['chartctl migrate --status --exit-code', 'exit 10 when the database is behind'],
  ],
  parse: readMode,
  run: async ({ store }, { mode, ...options }) => {
    if (mode === 'status') return showStatus(store);
    if (mode === 'plan') return showPlan(store, options);
    return mode === 'rollback' ? rollBack(store) : migrate(store, options);
  },
};

function readMode(flags: Flags): Own {
  flags.atMostOne('--status', '--dry-run', '--rollback');
  if (!flags.isSet('--status')) flags.needs('--exit-code', '--dry-run');
  const modes = { '--status': 'status', '--dry-run': 'plan', '--rollback': 'rollback' } as const;
  const given = Object.entries(modes).find(([flag]) => flags.isSet(flag));
  return {
    mode: given?.[1] ?? 'migrate',
    adoptQuoted: flags.isSet('--adopt-quoted'),
    legacyVolume: flags.choice('--legacy-volume', ['base', 'quote']),
  };
}
