import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { group } from '../harness/group.js';

const STATIC_IMPORT = /^(?:import|export)\s(?:[^;'"]*?\sfrom\s)?'([^']+)'/gm;

/** The packages and files that a compiled module loads before it does anything. */
function loadedBy(file: string, found = { packages: new Set<string>(), files: new Set<string>() }) {
  if (found.files.has(file)) return found;
  found.files.add(file);
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
    if (specifier.startsWith('.')) loadedBy(join(dirname(file), specifier), found);
    else if (!builtinModules.includes(specifier.replace(/^node:/, ''))) found.packages.add(specifier);
  }
  return found;
}

group('start-up', (test) => {
  test('--help loads commander and chalk, and nothing of the store, the exchange or the jobs', () => {
    const { packages, files } = loadedBy('dist/bin/chartctl.js');
    assert.equal([...packages].sort(), ['chalk', 'commander']);
    const floors = new Set([...files].map((file) => file.split('/')[2]));
    assert.equal([...floors].sort(), ['chartctl.js', 'cli', 'commands', 'core']);
  });
});
