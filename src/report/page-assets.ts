import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../core/failure.js';

/** What the build makes of `src/report/page`: the browser's program and the page's style. */
export interface PageAssets {
  script: string;
  style: string;
}

/** Where the parts lie as seen from this module: beside the bundled program, or in another part of `dist`. */
const FOLDERS = ['.', '../../bin', '../../dist/bin'];

/** @throws Failure (failed) when the program was not built */
export function readPageAssets(): PageAssets {
  const folder = FOLDERS.map((place) => join(import.meta.dirname, place)).find((place) =>
    existsSync(join(place, 'report-page.js')),
  );
  if (folder === undefined) {
    throw new Failure('failed', 'the page of the report, "report-page.js", was not found', {
      hint: 'run npm run build, or install chartctl again',
    });
  }
  return {
    script: readFileSync(join(folder, 'report-page.js'), 'utf8'),
    style: readFileSync(join(folder, 'report-style.css'), 'utf8'),
  };
}
