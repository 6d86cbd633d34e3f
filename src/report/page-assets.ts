import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../core/failure.js';

/** The build's output of `src/report/page`: the browser script and the style sheet. */
export interface PageAssets {
  script: string;
  style: string;
}

/** Where the files are, relative to this module: beside the bundled program, or elsewhere in `dist`. */
const FOLDERS = ['.', '../../bin', '../../dist/bin'];

/** @throws Failure (failed) when the program was not built */
export function readPageAssets(): PageAssets {
  const folder = FOLDERS.map((path) => join(import.meta.dirname, path)).find((path) =>
    existsSync(join(path, 'report-page.js')),
  );
  if (folder === undefined) {
    throw new Failure('failed', 'the script of the report page, "report-page.js", was not found', {
      hint: 'run "npm run build", or reinstall chartctl',
    });
  }
  return {
    script: readFileSync(join(folder, 'report-page.js'), 'utf8'),
    style: readFileSync(join(folder, 'report-style.css'), 'utf8'),
  };
}
