import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { appendGithubOutput } from '../../src/monitoring/github-output.js';
import { group } from '../harness/group.js';
import { readGithubOutput } from './read-github-output.js';

group<string>(
  'outputs of a step of GitHub Actions',
  (test) => {
    test('are appended after what is there, and read back as they were', (folder) => {
      const file = join(folder, 'out');
      writeFileSync(file, 'before=1\n');
      appendGithubOutput(file, { due: 'true', reason: 'one\ntwo', none: '' });
      assert.equal(readGithubOutput(readFileSync(file, 'utf8')), {
        before: '1',
        due: 'true',
        reason: 'one\ntwo',
        none: '',
      });
    });

    test('a value names no output of its own, whatever is in it', (folder) => {
      const file = join(folder, 'attack');
      const hostile = 'x\nEOF\ndue=false\nreason<<EOF\nchartctl_\n<<\n::set-output name=due::false';
      appendGithubOutput(file, { reason: hostile, due: 'true' });
      const first = readFileSync(file, 'utf8');
      assert.equal(readGithubOutput(first), { reason: hostile, due: 'true' });
      rmSync(file);
      appendGithubOutput(file, { reason: hostile, due: 'true' });
      assert.is.not(readFileSync(file, 'utf8'), first, 'the delimiter was the same twice');
    });

    test('a file that cannot be written is a failure with a hint', (folder) => {
      try {
        appendGithubOutput(folder, { due: 'true' });
        assert.unreachable('a folder was written to');
      } catch (error) {
        assert.instance(error, Failure);
        assert.match(String(error), /which GITHUB_OUTPUT names: EISDIR/);
        assert.match(String((error as Failure).hint), /--github-output/);
      }
    });
  },
  {
    setup: () => mkdtempSync(join(tmpdir(), 'chartctl-outputs-')),
    teardown: (folder) => rmSync(folder, { recursive: true }),
  },
);
