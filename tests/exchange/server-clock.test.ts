import * as assert from 'uvu/assert';
import { ServerClock } from '../../src/exchange/server-clock.js';
import { group } from '../harness/group.js';

const SERVER = Date.UTC(2025, 5, 1, 12);

function openClock(localMs: number) {
  const local = { nowMs: localMs };
  return { local, clock: new ServerClock(() => local.nowMs) };
}

group('ServerClock', (test) => {
  test('before the first response it knows no time, and the local clock serves as estimate', () => {
    const { clock } = openClock(1_000);
    assert.equal([clock.nowMs, clock.earliestMs, clock.hasDate], [undefined, -Infinity, false]);
    assert.is(clock.nowByDateHeader, 1_000);
  });

  test('it goes on from the last server time, whatever the local clock shows', () => {
    const { clock, local } = openClock(1_000);
    clock.set(SERVER);
    local.nowMs += 30_000;
    assert.is(clock.nowMs, SERVER + 30_000);
    assert.is(clock.earliestMs, SERVER - 30_000, 'a minute of tolerance');
  });

  test('a date header changes the estimate only: a cached response may be old', () => {
    const { clock, local } = openClock(1_000);
    clock.set(SERVER);
    clock.setByDateHeader(SERVER - 3_600_000);
    local.nowMs += 500;
    assert.equal([clock.nowMs, clock.nowByDateHeader], [SERVER + 500, SERVER - 3_600_000 + 500]);
  });
});
