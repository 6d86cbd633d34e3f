import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startChartctl } from '../harness/chartctl-process.js';
import { hasServer, serverUrl } from '../harness/databases.js';
import { copyEmbeddedTemplate } from '../harness/embedded-template.js';
import { findProgram } from '../harness/find-program.js';
import { group } from '../harness/group.js';

/** A user without an entry in the passwd file, as in containers that run under any uid. */
const UID = '54321';
const launcher = ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups'];

const reason = !findProgram('setpriv')
  ? 'no setpriv here'
  : process.getuid?.() !== 0
    ? 'only root can change its user'
    : undefined;

if (reason !== undefined) group('a user without a passwd entry', (test) => test.skip('all', reason));
else {
  group<string>(
    'a user without a passwd entry',
    (test) => {
      const run = (cwd: string, environment: Record<string, string>, ...argv: string[]) =>
        startChartctl(argv, { cwd, environment, launcher }).ended;

      const onServer = 'needs no home directory where DATABASE_URL names a user';
      if (!hasServer()) test.skip(onServer, 'no PostgreSQL here');
      else
        test(onServer, async (folder) => {
          const url = (await serverUrl())!;
          const { exitCode, stderr } = await run(folder, { DATABASE_URL: url }, 'migrate', '--status');
          assert.equal([exitCode, stderr], [0, '']);
        });

      test('needs none where CHARTCTL_DATA_DIR names the folder', async (folder) => {
        const dataDir = await copyEmbeddedTemplate();
        try {
          execFileSync('chown', ['-R', `${UID}:${UID}`, dataDir]);
          const { exitCode, stderr } = await run(folder, { CHARTCTL_DATA_DIR: dataDir }, 'jobs');
          assert.equal([exitCode, stderr], [0, '']);
        } finally {
          rmSync(dataDir, { recursive: true });
        }
      });

      test('is told to set CHARTCTL_DATA_DIR where neither is set', async (folder) => {
        for (const argv of [['jobs'], ['ingest', 'BTCUSDT'], ['config']]) {
          const { exitCode, stderr } = await run(folder, {}, ...argv);
          assert.is(exitCode, 2, argv.join(' '));
          assert.is(
            stderr,
            'error: this user has no home directory, in which the embedded database would be\n' +
              'hint:  set CHARTCTL_DATA_DIR to a folder for it, or DATABASE_URL to the database to use\n',
          );
        }
      });

      test('is told to name the user of the database where DATABASE_URL names none', async (folder) => {
        const environment = { HOME: '/', DATABASE_URL: 'postgres://127.0.0.1:5432/db' };
        const { exitCode, stderr } = await run(folder, environment, 'jobs');
        assert.is(exitCode, 2);
        assert.match(stderr, `DATABASE_URL names no user, and the user of this process (uid ${UID}) has no name`);
        assert.match(stderr, 'PGUSER');
      });

      test('has the finding in the report of doctor', async (folder) => {
        const environment = { CHARTCTL_BINANCE_URL: 'http://127.0.0.1:1', CHARTCTL_FALLBACK: '' };
        const { exitCode, stdout } = await run(folder, environment, 'doctor', 'BTCUSDT');
        assert.is(exitCode, 2);
        assert.match(stdout, /fail {2}configuration +this user has no home directory/);
      });
    },
    {
      setup: () => {
        const folder = mkdtempSync(join(tmpdir(), 'chartctl-nameless-'));
        execFileSync('chmod', ['755', folder]);
        return folder;
      },
      teardown: (folder) => rmSync(folder, { recursive: true }),
    },
  );
}
