import { join } from 'node:path';
import { build } from 'esbuild';

/** What the report's page brings along, by the names under which the program looks for it. */
const PARTS = { 'report-page': 'src/report/page/main.ts', 'report-style': 'src/report/page/page.css' };

/**
 * Makes the browser's part of the report: one script with the charts in it, with their licence, and one style.
 *
 * @returns the files that went into it
 */
export async function buildPage(folder: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: PARTS,
    outdir: folder,
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'iife',
    target: ['chrome123', 'firefox120', 'safari17.5'], // the first ones that know light-dark(),
    charset: 'utf8',
    legalComments: 'inline',
    logLevel: 'warning',
    metafile: true,
  });
  return Object.keys(metafile.inputs).map((file) => join('.', file));
}
