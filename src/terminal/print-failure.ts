import type { ChalkInstance } from 'chalk';
import { Failure } from '../core/failure.js';
import { redactPasswords } from '../core/secrets.js';
import { foldLines } from './fold.js';
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
  columns?: number,
): Promise<void> {
  if (!(stderr instanceof JsonLog)) {
    return printMessage(stderr, formatFailure(error, paint, subject.symbol, columns));
  }
  const document = toFailureDocument(error);
  const stack = document.code === 'BUG' && error instanceof Error ? error.stack : undefined;
  await stderr.log({ level: 'error', ...document, ...subject, stack });
}

/**
 * A failure as text: the message, then the hint. Any other error is a bug and shows its stack. Passwords are masked
 * before lines are broken, which could break a password, too.
 *
 * @param columns the width of the terminal
 */
export function formatFailure(
  error: unknown,
  paint: Pick<ChalkInstance, 'red' | 'dim'>,
  subject?: string,
  columns?: number,
): string {
  if (!(error instanceof Failure)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return redactPasswords(`${paint.red('bug:')} ${escapeControls(stack)}\n`);
  }
  const isNamed = !subject || error.message.startsWith(`${subject}: `);
  const show = (text: string) => redactPasswords(escapeControls(text));
  const message = show(isNamed ? error.message : `${subject}: ${error.message}`);
  const lines = [
    `${paint.red('error:')} ${message}`,
    ...(error.hint ? [`${paint.dim('hint:')}  ${show(error.hint)}`] : []),
  ];
  return foldLines(
    lines.flatMap((line) => line.split('\n')),
    columns,
  )
    .map((line) => `${line}\n`)
    .join('');
}
