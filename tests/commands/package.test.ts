import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { VERSION } from '../../src/core/version.js';
import { group } from '../harness/group.js';

const execute = promisify(execFile);

// --ignore-scripts: `prepack` would build again under the other tests' feet
group(
  'the package',
  (test) => {
    test('what the build made may be executed: npx runs it from the repository', async () => {
      assert.is((await execute('dist/bin/chartctl.js', ['--version'])).stdout, `${VERSION}\n`);
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
