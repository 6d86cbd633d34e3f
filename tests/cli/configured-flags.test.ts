import * as assert from 'uvu/assert';
import { Flags } from '../../src/cli/flags.js';
import { Problems } from '../../src/cli/problems.js';
import { readRange } from '../../src/cli/range-flags.js';
import { readRules } from '../../src/cli/rule-flags.js';
import { splitCommand } from '../../src/cli/split-command.js';
import { chooseSettings } from '../../src/core/choose-settings.js';
import { Failure } from '../../src/core/failure.js';
import type { SettingValue } from '../../src/core/setting.js';
import { group } from '../harness/group.js';

const FILE = '/srv/chartctl.config.json';

/** The flags of a call where a file says `values` and the environment `env`. */
function flagsOf(raw: Record<string, unknown>, values: Record<string, SettingValue>, env: Record<string, string> = {}) {
  const problems = new Problems();
  const file = { path: FILE, values: new Map(Object.entries(values)) };
  const choices = chooseSettings({ environment: env, dotEnv: {}, file }, (problem) => problems.append(problem));
  const configuration = { choices, environment: env, originOf: () => undefined, file: FILE, isSound: true };
  return new Flags(raw, '/srv', configuration, problems);
}

function problemOf(flags: Flags): string | undefined {
  try {
    flags.problems.throwIfAny();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

const WINDOW = { min: 1, max: 1000 };

group('flags over what is configured', (test) => {
  test('a flag wins over a variable, that over the file, and a default stays the command its own', () => {
    const env = { CHARTCTL_WINDOW: '200' };
    assert.is(flagsOf({ window: '100' }, { window: 300 }, env).count('--window', WINDOW), 100);
    assert.is(flagsOf({}, { window: 300 }, env).count('--window', WINDOW), 200);
    assert.is(flagsOf({}, { window: 300 }).count('--window', WINDOW), 300);
    assert.is(flagsOf({}, {}).count('--window', WINDOW), undefined);
    assert.is(flagsOf({}, { threshold: 1e-7 }).number('--threshold', { min: 0, max: 1 }), 1e-7);
    assert.is(flagsOf({}, { metricsFile: '/x.prom' }).text('--metrics-file'), '/x.prom');
    assert.is(flagsOf({}, { logFormat: 'json' }).choice('--log-format', ['text', 'json']), 'json');
  });

  test('what was not typed is not set: it needs nothing and excludes nothing', () => {
    const flags = flagsOf(
      { from: '2025-06-01', to: '2025-06-02', markTrained: true },
      { window: 300, 'hooks.exec': 'train' },
    );
    assert.not.ok(flags.isSet('--window'));
    flags.atMostOne('--mark-trained', '--exec');
    flags.needs('--exec', '--out');
    assert.equal(readRange(flags, '--window'), { from: Date.UTC(2025, 5, 1), to: Date.UTC(2025, 5, 2) });
    assert.is(problemOf(flags), undefined);
  });

  test('a command of the file is the program and its arguments, as text or as array', () => {
    const words = ['python3', 'train.py', '--note', `new "data" it's`];
    assert.equal(flagsOf({}, { 'hooks.exec': words }).parse('--exec', splitCommand), words);
    assert.equal(flagsOf({}, { 'hooks.exec': 'train "a b"' }).parse('--exec', splitCommand), ['train', 'a b']);
  });

  test('a bound that only the command knows is told with the place of the value', () => {
    const flags = flagsOf({}, { window: 5000 });
    assert.is(flags.count('--window', WINDOW), undefined);
    assert.is(problemOf(flags), `window in "${FILE}" was 5000`);
    const ofVariable = flagsOf({}, {}, { CHARTCTL_WINDOW: '5000' });
    ofVariable.count('--window', WINDOW);
    assert.is(problemOf(ofVariable), 'CHARTCTL_WINDOW was 5000');
  });

  test('a rule named in the call is settled, whatever is configured about it', () => {
    const without = { 'rules.without': ['volume_spike'] };
    assert.equal(readRules(flagsOf({}, without)), ['unsound']);
    assert.equal(readRules(flagsOf({ with: 'volume_spike' }, without)), ['unsound', 'volume_spike']);
    assert.equal(readRules(flagsOf({ without: 'price_jump' }, { 'rules.with': ['price_jump', 'flat_price'] })), [
      'unsound',
      'flat_price',
      'volume_spike',
    ]);
    assert.equal(readRules(flagsOf({ without: 'unsound' }, { ...without, 'rules.with': [] })), ['volume_spike']);
  });

  test('rules that a configuration names both ways are a problem', () => {
    const flags = flagsOf({}, { 'rules.with': ['price_jump'] }, { CHARTCTL_WITHOUT: 'price_jump' });
    readRules(flags);
    assert.is(problemOf(flags), `rules.with in "${FILE}" and CHARTCTL_WITHOUT both name price_jump`);
  });

  test('flags that are no settings stay what they are', () => {
    const flags = flagsOf({}, { window: 300 });
    assert.is(flags.text('--out'), undefined);
    assert.is(flags.nameOf('--out'), '--out');
  });
});
