import { Failure } from '../../../src/core/failure.js';
import type { Store } from '../../../src/database/store.js';
import { migrateStore, type MigrationResult } from '../../../src/tables/migration/migrate.js';
import type { MigrateOptions } from '../../../src/tables/migration/plan.js';

const COMMAND = 'then run: chartctl migrate';
const MAX_ROUNDS = 6;

/** What pasting the remedies led to. */
export interface PastedMigration {
  result: MigrationResult;
  /** The failure of each run that was refused. */
  refused: Failure[];
  /** The options of the last run. */
  options: MigrateOptions;
}

/**
 * Migrates as a user does who pastes what the program prints: each statement of the hint by itself and in order, then
 * the command that the hint ends with, until nothing is refused.
 *
 * @throws when a statement fails, or when the migration is still refused after `MAX_ROUNDS` rounds
 */
export async function pasteUntilMigrated(store: Store, first: MigrateOptions = {}): Promise<PastedMigration> {
  const refused: Failure[] = [];
  let options = first;
  for (;;) {
    try {
      return { result: await migrateStore(store, options), refused, options };
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'MIGRATION_REFUSED') throw error;
      if (refused.length === MAX_ROUNDS)
        throw new Error(`still refused: ${error.message}\n${error.hint}`, { cause: error });
      refused.push(error);
      options = { ...options, ...(await pasteHint(store, error)) };
    }
  }
}

async function pasteHint(store: Store, { message, hint = '' }: Failure): Promise<MigrateOptions> {
  const end = hint.lastIndexOf(COMMAND);
  if (end < 0) throw new Error(`the hint ends with no command: ${hint}`);
  for (const statement of splitStatements(hint.slice(0, end))) {
    try {
      await store.knex.raw(statement.replaceAll('?', '\\?'));
    } catch (error) {
      throw new Error(`cannot be pasted: ${statement}\n${String(error)}\nof the refusal: ${message}`, { cause: error });
    }
  }
  return parseOptions(hint.slice(end + COMMAND.length));
}

function parseOptions(text: string): MigrateOptions {
  const zone = /--naive-timezone (\S+)/.exec(text)?.[1];
  return {
    ...(text.includes('--adopt-spelling') && { adoptSpelling: true }),
    ...(zone && { naiveTimezone: zone }),
  };
}

/** Splits SQL at its semicolons, not those of strings, quoted names and comments; comments are left out. */
export function splitStatements(sql: string): string[] {
  const parts = sql.match(/--[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[^]*?\$\1\$|;|[^]/g) ?? [];
  const statements = [''];
  for (const part of parts) {
    if (part === ';') statements.push('');
    else if (!part.startsWith('--')) statements[statements.length - 1] += part;
  }
  return statements.map((statement) => statement.trim()).filter(Boolean);
}
