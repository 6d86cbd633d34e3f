import * as assert from 'uvu/assert';
import { Flags } from '../../src/commands/framework/options/flags.js';
import { readPace } from '../../src/commands/framework/options/options.js';
import { declareProgram } from '../../src/commands/commands.js';
import { findFaults } from '../../src/config/setting.js';
import { type SettingKey, SETTINGS } from '../../src/config/settings.js';
import { DEFAULT_LOCK_WAIT_MS } from '../../src/jobs/job.js';
import { RULE_OPTIONS } from '../../src/quality/rules/rules.js';
import { group } from '../harness/group.js';

const defaultOf = (key: SettingKey) => SETTINGS.find((setting) => setting.key === key)?.default;

function declaredFlags(): Map<string, Set<string>> {
  const { commands } = declareProgram();
  return new Map(
    commands.map((command) => [command.name(), new Set(command.options.flatMap(({ long }) => long ?? []))]),
  );
}

group('SETTINGS', (test) => {
  test('names each key, variable and flag once', () => {
    for (const names of [
      SETTINGS.map(({ key }) => key),
      SETTINGS.map(({ variable }) => variable),
      SETTINGS.flatMap(({ flag }) => flag?.split(' ')[0] ?? []),
    ]) {
      assert.is(new Set(names).size, names.length, names.join(' '));
    }
    assert.equal(
      SETTINGS.filter(({ variable }) => !/^CHARTCTL_[A-Z_]+$/.test(variable)),
      [],
    );
  });

  test('accepts each of its defaults', () => {
    const refused = SETTINGS.filter(
      ({ schema, default: value }) => value !== undefined && findFaults(schema, value).length > 0,
    );
    assert.equal(refused, []);
  });

  test('has the defaults that the program uses', () => {
    const { concurrency, maxWaitMs } = readPace(new Flags({}, '/'));
    assert.is(defaultOf('concurrency'), concurrency);
    assert.is(defaultOf('maxWait'), maxWaitMs / 1000);
    assert.is(defaultOf('lockWait'), DEFAULT_LOCK_WAIT_MS / 1000);
    assert.is(defaultOf('sigma'), RULE_OPTIONS.sigma.default);
  });

  test('names only flags of commands, and config has no flag that starts a job', () => {
    const flags = declaredFlags();
    const others = [...flags].filter(([name]) => name !== 'config').flatMap(([, names]) => [...names]);
    for (const { flag } of SETTINGS) {
      const name = flag?.split(' ')[0];
      if (name) assert.ok(others.includes(name), `no command has ${name}`);
    }
    assert.not.ok(flags.get('config')!.has('--ping-url'));
  });

  test('is read from a file by every command that reads settings', () => {
    const without = [...declaredFlags()].filter(([, names]) => !names.has('--config')).map(([name]) => name);
    assert.equal(without.sort(), ['complete-symbols', 'help']);
  });
});
