import type { ChalkInstance } from 'chalk';
import { Failure } from '../core/failure.js';
import { redactPasswords } from '../core/secrets.js';
import { JsonLog, toFailureDocument } from './json.js';
import { printMessage } from './output.js';
import { escapeControls } from './text.js';

/** The symbol or job of a failure. */
interface FailureSubject {
  symbol?: string;
  jobId?: number | null;
}

/** Prints a failure as text, or as one object to a JSON log. A bug brings its stack. */
export async function printFailure(
  stderr: NodeJS.WritableStream,
  error: unknown,
  paint: Pick<ChalkInstance, 'red' | 'dim'>,
  subject: FailureSubject = {},
): Promise<void> {
  if (!(stderr instanceof JsonLog)) {
    return printMessage(stderr, redactPasswords(formatFailure(error, paint, subject.symbol)));
  }
  const document = toFailureDocument(error);
  const stack = document.code === 'BUG' && error instanceof Error ? error.stack : undefined;
  await stderr.log({ level: 'error', ...document, ...subject, stack });
}

/** A failure as text: the message, then the hint. Any other error is a bug and shows its stack. */
export function formatFailure(error: unknown, paint: Pick<ChalkInstance, 'red' | 'dim'>, subject?: string): string {
  if (!(error instanceof Failure)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${paint.red('bug:')} ${escapeControls(stack)}\n`;
  }
  const isNamed = !subject || error.message.startsWith(`${subject}: `);
  const message = escapeControls(isNamed ? error.message : `${subject}: ${error.message}`);
  const hint = error.hint ? `${paint.dim('hint:')}  ${escapeControls(error.hint)}\n` : '';
  return `${paint.red('error:')} ${message}\n${hint}`;
}
