import * as assert from 'uvu/assert';
import { scanFlag } from '../../../src/commands/framework/parse-command-line.js';
import { group } from '../../harness/group.js';

group('scanFlag', (test) => {
  for (const [argv, found] of [
    [['ingest', '--log-format', 'json', '--x'], 'json'],
    [['ingest', '--log-format=json'], 'json'],
    [['--log-format', 'text', '--log-format=json'], 'json'],
    [['ingest', '--log-formats', 'json'], undefined],
    [['ingest', '--log-format'], undefined],
  ] as const) {
    test(argv.join(' '), () => assert.is(scanFlag(argv, '--log-format'), found));
  }
});
