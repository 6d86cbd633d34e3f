/**
 * Runs test files in this process, one after another: the runner sends the path of each, and gets its report.
 *
 * With `UVU_DEFER`, uvu runs suites when `exec` is called, as its own command line does.
 */
import { pathToFileURL } from 'node:url';
import type { FileReport } from './group.js';

/** What the runner sends: the file to run, or null for the end. */
export interface Order {
  program: string | null;
}

/** What the runner gets for a file; `error` when it could not be run. */
export interface FileResult extends FileReport {
  error?: string;
}

const globals = globalThis as { UVU_DEFER?: number; UVU_QUEUE?: unknown[][]; UVU_INDEX?: number };
globals.UVU_DEFER = 1;
const [{ exec }, { takeReport }] = await Promise.all([import('uvu'), import('./group.js')]);

process.on('message', ({ program }: Order) => {
  if (program === null) process.disconnect();
  else void runFile(program).then((result) => process.send!(result));
});

async function runFile(program: string): Promise<FileResult> {
  globals.UVU_INDEX = 0;
  globals.UVU_QUEUE = [[null]];
  try {
    await import(pathToFileURL(program).href);
    await exec();
    return takeReport();
  } catch (error) {
    return { ...takeReport(), error: error instanceof Error ? String(error.stack) : String(error) };
  } finally {
    await new Promise<void>((flushed) => process.stdout.write('', () => flushed()));
  }
}
