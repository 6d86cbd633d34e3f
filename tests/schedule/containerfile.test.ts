import * as assert from 'uvu/assert';
import { renderContainerfile } from '../../src/schedule/containerfile.js';
import { group } from '../harness/group.js';

group('the Containerfile', (test) => {
  const { files, steps } = renderContainerfile('1.2.3');
  const instructions = files[0]!.text.split('\n').filter((line) => /^[A-Z]/.test(line));
  const bodies = (name: string) =>
    instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

  test('has two stages, and the second one neither npm nor the package file', () => {
    assert.equal(bodies('FROM'), [
      'docker.io/library/node:22-bookworm-slim AS build',
      'docker.io/library/debian:bookworm-slim',
    ]);
    const second = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
    const copied = second.filter((line) => line.startsWith('COPY '));
    assert.equal(copied, [
      'COPY --from=build /usr/local/bin/node /usr/local/bin/node',
      'COPY --from=build /opt/chartctl /opt/chartctl',
    ]);
  });

  test('installs the package of this version, and starts it once while the image is made', () => {
    assert.equal(bodies('ARG'), ['PACKAGE=chartctl-1.2.3.tgz']);
    assert.match(bodies('RUN').at(-1)!, / && chartctl --version$/);
    assert.match(steps.join('\n'), 'registry.example.com/chartctl:1.2.3');
  });

  test('runs as a user without rights, the one of the pods', () => {
    assert.equal(bodies('USER'), ['1000:1000']);
    assert.ok(instructions.findLastIndex((line) => line.startsWith('RUN ')) < instructions.indexOf('USER 1000:1000'));
  });
});
