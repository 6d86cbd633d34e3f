import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const SOURCES = ['bin/*.ts', 'migrations/*.ts', 'src/**/*.ts', 'tests/**/*.ts', 'knexfile.ts'];
/** Folders that the sources expect beside them. */
const NEIGHBOURS = ['dist', 'node_modules'];
/** Resolves `import ... from 'chartctl'` to the sources. */
const PACKAGE = { name: 'chartctl', type: 'module', exports: { '.': './src/index.js' } };

/** All sources as JavaScript, for one test run. */
export interface TranspiledSources {
  /** The path of the JavaScript of a TypeScript file. */
  programOf(file: string): string;
  /** Replaces JavaScript locations in a text by those of the sources. */
  withOriginalPlaces(text: string): string;
  remove(): void;
}

/**
 * Compiles all sources into a temporary directory: this takes one second in all, tsx takes that for every test file
 * that imports many of them.
 */
export async function transpileSources(): Promise<TranspiledSources> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-transpiled-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    for (const name of NEIGHBOURS) symlinkSync(resolve(name), join(folder, name));
    writeFileSync(join(folder, 'package.json'), JSON.stringify(PACKAGE));
    await build({
      entryPoints: SOURCES,
      outdir: folder,
      outbase: '.',
      platform: 'node',
      target: 'node20',
      format: 'esm',
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'error',
    });
  } catch (error) {
    remove();
    throw error;
  }
  return {
    programOf: (file) => join(folder, toScript(file)),
    withOriginalPlaces: (text) => withOriginalPlaces(text, folder),
    remove,
  };
}

function toScript(file: string): string {
  return file.replace(/\.ts$/, '.js');
}

function withOriginalPlaces(text: string, folder: string): string {
  const places = new RegExp(`(?:file://)?${folder}/([^\\s:]+)\\.js:(\\d+):(\\d+)`, 'g');
  return text.replace(places, (place, name: string, line: string, column: string) => {
    const map = join(folder, `${name}.js.map`);
    if (!existsSync(map)) return place;
    const payload = JSON.parse(readFileSync(map, 'utf8')) as ConstructorParameters<typeof SourceMap>[0];
    const found = new SourceMap(payload).findEntry(Number(line) - 1, Number(column) - 1);
    return 'originalLine' in found ? `${name}.ts:${found.originalLine + 1}:${found.originalColumn + 1}` : place;
  });
}
