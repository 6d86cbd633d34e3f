import { existsSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { group } from './harness/group.js';

interface LockedPackage {
  version?: string;
  license?: string;
  integrity?: string;
  dev?: boolean;
  hasInstallScript?: boolean;
}

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

/** The pages that give the reason of each dependency. */
const PAGES = ['README.md', 'src/README.md'].filter((page) => existsSync(page));
const MANIFEST = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const LOCK = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockedPackage> };
const LOCKED = Object.entries(LOCK.packages).filter(([path]) => path !== '');
const SHIPPED = LOCKED.filter(([, { dev }]) => !dev);

/** Licences that only require attribution. */
const ALLOWED = ['MIT', 'Apache-2.0', 'Unlicense', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'];
/** The limit of shipped packages, transitive ones included; a change of it needs a reason here. */
const MAX_SHIPPED = 70;

group('dependencies', (test) => {
  test('each is named in the documentation, with its reason', () => {
    const text = PAGES.map((page) => readFileSync(page, 'utf8')).join('');
    const names = Object.keys({ ...MANIFEST.dependencies, ...MANIFEST.devDependencies });
    assert.equal(
      names.filter((name) => !text.includes(`\`${name}\``)),
      [],
    );
  });

  test('every package is pinned by the lock file, by version and checksum', () => {
    const loose = LOCKED.filter(([, { version, integrity }]) => !version || !/^sha512-/.test(integrity ?? ''));
    assert.equal(
      loose.map(([path]) => path),
      [],
    );
  });

  test('shipped packages have an allowed licence and no install script', () => {
    assert.ok(SHIPPED.length > Object.keys(MANIFEST.dependencies).length);
    assert.ok(SHIPPED.length <= MAX_SHIPPED, `${SHIPPED.length} packages are shipped`);
    const strangers = SHIPPED.filter(
      ([, { license = 'none', hasInstallScript }]) => hasInstallScript || !ALLOWED.includes(license),
    );
    assert.equal(
      strangers.map(([path, { license }]) => `${path}: ${license}`),
      [],
    );
  });
});
