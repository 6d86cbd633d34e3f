import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { currentWriter } from '../../src/jobs/current-writer.js';
import { group } from '../harness/group.js';

const PRINT_ID = `import('./src/jobs/current-writer.ts').then((writer) => console.log(writer.currentWriter().id))`;

group('this process as a writer', (test) => {
  test('knows that it is running, and that an ended process is not', () => {
    const { id, hasEnded } = currentWriter();
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '-e', PRINT_ID], { encoding: 'utf8' });
    const ended = stdout.trim();
    assert.is(ended.split('.')[0], id.split('.')[0]);
    assert.not.ok(hasEnded(id));
    assert.ok(hasEnded(ended));
  });

  test('treats an earlier process with its number as ended, and one of another machine as running', () => {
    const { id, hasEnded } = currentWriter();
    const [place, pid, start] = id.split('.');
    if (start !== '') assert.ok(hasEnded(`${place}.${pid}.1`)); // empty if the system does not provide it
    assert.not.ok(hasEnded(`00000000.4194304.1`));
    assert.not.ok(hasEnded('unknown'));
  });

  test('has an id that is valid in a file name', () => assert.match(currentWriter().id, /^[0-9a-f]{8}\.\d+\.\d*$/));
});
