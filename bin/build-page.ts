import { join } from 'node:path';
import { build } from 'esbuild';

/** The script and the style of the report's page, by their file names in `dist`. */
const PARTS = { 'report-page': 'src/report/page/main.ts', 'report-style': 'src/report/page/page.css' };

/**
 * Builds the report's page: one script, with the chart library and its licence, and one style.
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
