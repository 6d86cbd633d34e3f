import { findUnknownVariables } from '../../config/unknown-variables.js';
import type { DatabaseConfig } from '../../database/database-config.js';
import type { Io } from '../../core/io.js';
import { foldLines } from '../../terminal/fold.js';
import { JsonLog } from '../../terminal/json.js';
import { printMessage } from '../../terminal/output.js';
import { readColumns } from '../../terminal/screen.js';
import { escapeControls } from '../../terminal/text.js';
import type { Call } from './command.js';

/** Names each variable that seems to be one of this program and is not. */
export async function noteUnknownVariables(call: Call): Promise<void> {
  for (const { variable, nearest } of findUnknownVariables(call.flags.environment)) {
    const hint = nearest === undefined ? 'see chartctl config' : `did you mean ${nearest}?`;
    await printNotice(call, `${variable} is not a variable of chartctl; ${hint}`);
  }
}

/** Says where a command will write, if nothing in its configuration names a database. */
export async function noteImpliedDatabase(call: Call, database: DatabaseConfig): Promise<void> {
  if (call.command.readOnly || database.kind !== 'embedded' || !database.isImplied) return;
  const found = call.flags.environment.DATABASE_URL === undefined ? 'is not set' : 'is empty';
  await printNotice(call, `DATABASE_URL ${found}; using the embedded database in "${database.dataDir}"`);
}

/** Shows a notice before or after the work (not with `--quiet`), and keeps it for the JSON document. */
export async function printNotice({ io, notices, output }: Call, message: string): Promise<void> {
  notices.push(message);
  if (output.quiet) return;
  if (io.stderr instanceof JsonLog) await io.stderr.log({ level: 'warn', message });
  else await printMessage(io.stderr, formatNotice(message, io));
}

/** A notice as lines for standard error. */
export function formatNotice(message: string, { stderr, isTerminal }: Pick<Io, 'stderr' | 'isTerminal'>): string {
  return foldLines([`note: ${escapeControls(message)}`], readColumns(stderr, isTerminal.stderr))
    .map((line) => `${line}\n`)
    .join('');
}
