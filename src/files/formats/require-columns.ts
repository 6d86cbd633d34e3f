import { Failure } from '../../core/failure.js';
import { TRAINING_COLUMNS } from '../../rows/training-row.js';

/** @throws Failure (failed) that names the columns of a training file that are not among those of this file */
export function requireColumns(path: string, names: readonly string[]): void {
  const missing = TRAINING_COLUMNS.filter(({ name }) => !names.includes(name)).map(({ name }) => name);
  if (missing.length === 0) return;
  throw new Failure('failed', `"${path}" is not a training file: it has no ${missing.join(', ')}`);
}
