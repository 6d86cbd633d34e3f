import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { RELEASED, VERSION } from '../../src/core/version.js';
import { group } from '../harness/group.js';

const execute = promisify(execFile);

// --ignore-scripts: `prepack` would build again while other tests run the program
group(
  'the package',
  (test) => {
    test('its version is that of package.json and of the newest entry of the changelog', () => {
      const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
      assert.is(VERSION, version);
      const changelog = readFileSync('CHANGELOG.md', 'utf8');
      const [newest] = [...changelog.matchAll(/^## \[(\d.*)\] - (.*)$/gm)];
      assert.equal(newest!.slice(1), [VERSION, RELEASED]);
      for (const name of changelog.matchAll(/^## \[(.*?)\]/gm)) {
        assert.match(changelog, new RegExp(`^\\[${name[1]!.toLowerCase()}\\]: https://`, 'm'));
      }
    });

    test('the built program is executable: npx runs it from the repository', async () => {
      assert.is((await execute('dist/bin/chartctl.js', ['--version'])).stdout, `${VERSION}\n`);
    });

    test('installed globally, it has its manual page', async (parent) => {
      const folder = join(parent, 'global');
      mkdirSync(folder);
      const { stdout } = await execute('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]);
      await execute('tar', ['-xf', stdout.trim()], { cwd: folder });
      // without its dependencies, which are slow to install and not needed here
      const about = JSON.parse(readFileSync(join(folder, 'package/package.json'), 'utf8')) as object;
      const alone = JSON.stringify({ ...about, dependencies: {}, scripts: {} });
      writeFileSync(join(folder, 'package/package.json'), alone);
      await execute('tar', ['-czf', 'alone.tgz', 'package'], { cwd: folder });
      const quietly = ['--offline', '--no-audit', '--no-fund'];
      await execute('npm', ['install', '-g', ...quietly, '--prefix', folder, './alone.tgz'], { cwd: folder });
      assert.match(readFileSync(join(folder, 'share/man/man1/chartctl.1'), 'utf8'), `.TH CHARTCTL 1`);
    });

    test(
      'installed into an empty directory, it works',
      async (folder) => {
        await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', folder]);
        const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
        await execute('npm', ['init', '-y'], { cwd: folder });
        const quietly = ['--prefer-offline', '--no-audit', '--no-fund'];
        await execute('npm', ['install', ...quietly, `./${tarball}`], { cwd: folder });

        const program = join(folder, 'node_modules', '.bin', 'chartctl');
        const env = { PATH: process.env.PATH, HOME: folder, CHARTCTL_DATA_DIR: join(folder, 'data') };
        const version = await execute(program, ['--version'], { cwd: folder, env });
        assert.is(version.stdout, `${VERSION}\n`);
        const rebuilt = await execute(program, ['rebuild', 'BTCUSDT', '--json'], { cwd: folder, env });
        assert.is((JSON.parse(rebuilt.stdout) as { ok: boolean }).ok, true);
      },
      { timeoutMs: 180_000 },
    );
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-package-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);
