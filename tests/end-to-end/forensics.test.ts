import * as assert from 'uvu/assert';
import { shellGroup } from '../harness/shell-world.js';

interface Change {
  jobId: number;
  action: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

// the tests depend on each other: each one uses the jobs of the previous ones
shellGroup('jobs, history and undo', (test) => {
  test('backfill and clean fill a table', async ({ run, runJson }) => {
    assert.is((await run('migrate')).exitCode, 0);
    const filled = await runJson('backfill', 'BTCUSDT', '--hours', '20');
    assert.is(filled.jobId, (await runJson('backfill', 'BTCUSDT', '--hours', '20')).jobId! - 1);
    const cleaned = await runJson('clean', 'BTCUSDT', '--sigma', '2');
    assert.ok(Number((cleaned.symbols[0]!.flaggedByRule as Record<string, number>).volume_spike) > 5);
  });

  test('jobs lists the last runs, newest first, with outcome and counts', async ({ run, runJson }) => {
    const { jobs } = (await runJson('jobs', 'BTCUSDT')) as unknown as {
      jobs: { jobId: number; command: string; outcome: string; counts: Record<string, number> }[];
    };
    assert.equal(
      jobs.map(({ command, outcome }) => [command, outcome]),
      [
        ['clean', 'done'],
        ['backfill', 'done'],
        ['backfill', 'done'],
      ],
    );
    assert.is(jobs[2]!.counts.inserted, 1600);
    const { stdout } = await run('jobs', '--limit', '1');
    assert.match(stdout, /^job +started \(UTC\) +command .*\n *\d+ .* clean +BTCUSDT +done/);
    assert.is(stdout.trimEnd().split('\n').length, 2);
  });

  test('history lists the changes to a symbol, and to one row with before and after', async ({
    run,
    runJson,
    rows,
  }) => {
    const { changes } = (await runJson('history', 'BTCUSDT')) as unknown as {
      changes: { action: string; rows: number }[];
    };
    assert.equal(
      changes.map(({ action }) => action),
      ['flag', 'insert'],
    );
    assert.is(changes[1]!.rows, 1600);
    const flagged = (await rows('BTCUSDT')).find((row) => row.hasMissingData)!;
    const at = new Date(flagged.openTime).toISOString();
    const row = (await runJson('history', 'BTCUSDT', '--at', at)) as unknown as { changes: Change[] };
    assert.equal(
      row.changes.map(({ action, before, after }) => [action, before?.hasMissingData, after?.hasMissingData]),
      [
        ['insert', undefined, false],
        ['flag', false, true],
      ],
    );
    const { stdout } = await run('history', 'BTCUSDT', '--at', at);
    assert.match(stdout, /flag, volume_spike: hasmissingdata false -> true/);
    assert.match(stdout, /\nnow: open /);
    const to = new Date(flagged.openTime + 180_000).toISOString();
    const few = (await runJson('history', 'BTCUSDT', '--from', at, '--to', to)) as unknown as { changes: Change[] };
    assert.is(few.changes.filter(({ action }) => action === 'insert').length, 3);
    assert.ok(few.changes.some(({ action }) => action === 'flag'));
    assert.match(
      (await run('history', 'ETHUSDT', '--at', at)).stdout,
      /no job of chartctl ever changed a row of ETHUSDT/,
    );
  });

  test('undo reverts the cleaning, and rejects a job with later changes to its rows', async ({
    run,
    runJson,
    rows,
  }) => {
    const { jobs } = (await runJson('jobs')) as unknown as { jobs: { jobId: number; command: string }[] };
    const cleaning = jobs.find(({ command }) => command === 'clean')!.jobId;
    const filling = jobs.filter(({ command }) => command === 'backfill').at(-1)!.jobId;
    const refused = await run('undo', String(filling));
    assert.is(refused.exitCode, 1);
    assert.match(refused.stderr, new RegExp(`later jobs changed the same rows: ${cleaning}`));
    assert.match(refused.stderr, new RegExp(`chartctl undo ${cleaning}`));
    const undone = await runJson('undo', String(cleaning));
    assert.is(undone.exitCode, 0);
    assert.not.ok((await rows('BTCUSDT')).some((row) => row.hasMissingData));
    const redone = await runJson('undo', String(undone.jobId));
    assert.is(redone.exitCode, 0);
    assert.ok((await rows('BTCUSDT')).some((row) => row.hasMissingData));
  });

  test('a job that does not exist cannot be undone: exit 2', async ({ run }) => {
    const { exitCode, stderr } = await run('undo', '4711');
    assert.is(exitCode, 2);
    assert.match(stderr, /there is no job 4711\nhint: +chartctl jobs lists them/);
  });
});
