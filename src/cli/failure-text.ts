import type { ChalkInstance } from 'chalk';
import { Failure } from '../core/failure.js';
import { showControls } from './show-controls.js';

/** A failure as people read it: what was wrong, then what to do. Anything else is a bug and shows its stack. */
export function formatFailure(error: unknown, paint: Pick<ChalkInstance, 'red' | 'dim'>, subject?: string): string {
  if (!(error instanceof Failure)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${paint.red('bug:')} ${showControls(stack)}\n`;
  }
  const isNamed = !subject || error.message.startsWith(`${subject}: `);
  const message = showControls(isNamed ? error.message : `${subject}: ${error.message}`);
  const hint = error.hint ? `${paint.dim('hint:')}  ${showControls(error.hint)}\n` : '';
  return `${paint.red('error:')} ${message}\n${hint}`;
}

/** The part of a JSON document that names a failure; `code` is a stable word. */
export interface FailureDocument {
  code: string;
  message: string;
  hint?: string | undefined;
  retryAfterMs?: number | undefined;
}

export function toFailureDocument(error: unknown): FailureDocument {
  if (!(error instanceof Failure)) {
    return { code: 'BUG', message: error instanceof Error ? error.message : String(error) };
  }
  const { message, hint, retryAfterMs } = error;
  return { code: error.code ?? error.kind.toUpperCase(), message, hint, retryAfterMs };
}
