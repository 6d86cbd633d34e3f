import type { Writable } from 'node:stream';
import type { ChalkInstance } from 'chalk';
import { formatFailure, toFailureDocument } from './failure-text.js';
import { JsonLog } from './json-log.js';
import { redactPasswords } from './redact.js';
import { printMessage } from './write-out.js';

/** What a failure is about. */
export interface FailureSubject {
  symbol?: string;
  jobId?: number | null;
}

/** Tells a failure: to people in two lines, to a log for programs as one object. A bug brings its stack. */
export async function printFailure(
  stderr: Writable,
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
