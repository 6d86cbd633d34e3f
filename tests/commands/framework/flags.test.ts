import * as assert from 'uvu/assert';
import { Flags } from '../../../src/commands/framework/options/flags.js';
import { readPastMinutes, readRange, readSymbols } from '../../../src/commands/framework/options/options.js';
import { readRules } from '../../../src/commands/framework/options/rule-flags.js';
import { Problems } from '../../../src/config/problems.js';
import { resolveSettings } from '../../../src/config/resolve-settings.js';
import type { SettingValue } from '../../../src/config/setting.js';
import { MAX_DATE_MS } from '../../../src/core/minute.js';
import { Failure } from '../../../src/core/failure.js';
import { splitCommand } from '../../../src/core/shell-words.js';
import { group } from '../../harness/group.js';

const given = (raw: Record<string, unknown>) => new Flags(raw, '/tmp');

function problemOf(read: (flags: Flags) => unknown, raw: Record<string, unknown>): string {
  const flags = given(raw);
  read(flags);
  try {
    flags.problems.throwIfAny();
  } catch (error) {
    if (error instanceof Failure) return error.message;
  }
  return 'no problem';
}

group('flags', (test) => {
  test('a text with a NUL character is refused', () => {
    assert.is(
      problemOf((flags) => flags.text('--reason'), { reason: 'a\u0000b' }),
      '--reason holds a NUL character',
    );
  });

  test('a count is a whole number within its bounds, both included', () => {
    const bounds = { min: 1, max: 10 };
    assert.is(given({ hours: '1' }).count('--hours', bounds), 1);
    assert.is(given({ hours: '10' }).count('--hours', bounds), 10);
    for (const text of ['0', '11', '1.5', '-1', '1e1', '0x1', 'ten', 'NaN', '١']) {
      assert.is(
        problemOf((flags) => flags.count('--hours', bounds), { hours: text }),
        `--hours was "${text}"`,
      );
    }
  });

  test('a number may have decimals, but is finite and plain', () => {
    const bounds = { min: 0, max: 1 };
    assert.is(given({ threshold: '0.05' }).number('--threshold', bounds), 0.05);
    assert.is(given({ threshold: '.5' }).number('--threshold', bounds), 0.5);
    for (const text of ['1.01', '-0.1', 'Infinity', '5%', '0,05', '1.']) {
      assert.is(
        problemOf((flags) => flags.number('--threshold', bounds), { threshold: text }),
        `--threshold was "${text}"`,
      );
    }
  });

  test('an empty text is a problem, not a missing flag', () => {
    assert.is(
      problemOf((flags) => flags.text('--out'), { out: ' ' }),
      '--out was empty',
    );
  });

  test('several problems are reported together', () => {
    const message = problemOf(
      (flags) => [flags.count('--hours', { min: 1, max: 2 }), flags.needs('--reason', '--accept')],
      {
        hours: 'x',
        reason: 'y',
      },
    );
    assert.is(message, '--hours was "x" (expected a whole number in the range 1 to 2); --reason needs --accept');
  });

  test('a range is half-open; without an end it goes on', () => {
    assert.equal(readRange(given({ from: '2025-06-01', to: '2025-06-02' })), {
      from: Date.UTC(2025, 5, 1),
      to: Date.UTC(2025, 5, 2),
    });
    assert.equal(readRange(given({ from: '2025-06-01' })), { from: Date.UTC(2025, 5, 1), to: MAX_DATE_MS });
    assert.is(problemOf(readRange, { to: '2025-06-01' }), '--to needs --from');
    assert.match(problemOf(readRange, { from: '2025-06-01', to: '2025-06-01' }), 'the range is empty');
    assert.is(problemOf(readRange, { from: '2025-06-02', to: '2025-06-01' }), '--from is later than --to');
    assert.is(problemOf(readRange, { from: '2999-01-01', to: '2999-01-02' }).split(';').length, 2);
  });

  test('a range may be given in one way only', () => {
    const read = (flags: Flags) => readRange(flags, '--minutes', '--hours', '--days');
    assert.is(problemOf(read, { hours: '1', to: '2025-06-01' }), '--hours and --to exclude each other');
    assert.is(problemOf(read, { hours: '1', days: '1' }), '--hours and --days exclude each other');
    assert.is(problemOf(read, { hours: '1' }), 'no problem');
  });

  test('hours and days are minutes', () => {
    assert.is(readPastMinutes(given({ hours: '12' })), 720);
    assert.is(readPastMinutes(given({ days: '7' })), 10_080);
    assert.is(readPastMinutes(given({})), undefined);
  });

  test('named symbols replace the configured ones, and --all excludes them', () => {
    assert.equal(readSymbols(given({}), ['btcusdt', 'BTCUSDT'], ['ETHUSDT']), ['BTCUSDT']);
    assert.equal(readSymbols(given({}), [], ['ETHUSDT']), ['ETHUSDT']);
    assert.is(readSymbols(given({ all: true }), [], ['ETHUSDT']), 'all');
    assert.match(
      problemOf((flags) => readSymbols(flags, ['A'], []), { all: true }),
      'exclude each other',
    );
    assert.is(
      problemOf((flags) => readSymbols(flags, [], []), {}),
      'no symbol was named',
    );
  });
});

const FILE = '/srv/chartctl.config.json';

/** The flags of a call with `values` in the configuration file and `env` in the environment. */
function flagsOf(raw: Record<string, unknown>, values: Record<string, SettingValue>, env: Record<string, string> = {}) {
  const problems = new Problems();
  const file = { path: FILE, values: new Map(Object.entries(values)) };
  const choices = resolveSettings({ environment: env, dotEnv: {}, file }, (problem) => problems.append(problem));
  const configuration = { settings: choices, environment: env, originOf: () => undefined, file: FILE, isValid: true };
  return new Flags(raw, '/srv', configuration, problems);
}

function configuredProblemOf(flags: Flags): string | undefined {
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
  test('a flag wins over a variable, that over the file; the default is left to the command', () => {
    const env = { CHARTCTL_WINDOW: '200' };
    assert.is(flagsOf({ window: '100' }, { window: 300 }, env).count('--window', WINDOW), 100);
    assert.is(flagsOf({}, { window: 300 }, env).count('--window', WINDOW), 200);
    assert.is(flagsOf({}, { window: 300 }).count('--window', WINDOW), 300);
    assert.is(flagsOf({}, {}).count('--window', WINDOW), undefined);
    assert.is(flagsOf({}, { threshold: 1e-7 }).number('--threshold', { min: 0, max: 1 }), 1e-7);
    assert.is(flagsOf({}, { metricsFile: '/x.prom' }).text('--metrics-file'), '/x.prom');
    assert.is(flagsOf({}, { logFormat: 'json' }).choice('--log-format', ['text', 'json']), 'json');
  });

  test('a configured value does not count as given: it needs nothing and excludes nothing', () => {
    const flags = flagsOf(
      { from: '2025-06-01', to: '2025-06-02', markTrained: true },
      { window: 300, 'hooks.exec': 'train' },
    );
    assert.not.ok(flags.isSet('--window'));
    flags.atMostOne('--mark-trained', '--exec');
    flags.needs('--exec', '--out');
    assert.equal(readRange(flags, '--window'), { from: Date.UTC(2025, 5, 1), to: Date.UTC(2025, 5, 2) });
    assert.is(configuredProblemOf(flags), undefined);
  });

  test('a configured command is a program and its arguments, as a text or an array', () => {
    const words = ['python3', 'train.py', '--note', `new "data" it's`];
    assert.equal(flagsOf({}, { 'hooks.exec': words }).parse('--exec', splitCommand), words);
    assert.equal(flagsOf({}, { 'hooks.exec': 'train "a b"' }).parse('--exec', splitCommand), ['train', 'a b']);
  });

  test('a value beyond a bound of the command is reported with its place', () => {
    const flags = flagsOf({}, { window: 5000 });
    assert.is(flags.count('--window', WINDOW), undefined);
    assert.is(configuredProblemOf(flags), `window in "${FILE}" was 5000`);
    const ofVariable = flagsOf({}, {}, { CHARTCTL_WINDOW: '5000' });
    ofVariable.count('--window', WINDOW);
    assert.is(configuredProblemOf(ofVariable), 'CHARTCTL_WINDOW was 5000');
  });

  test('a rule named on the command line wins over the configuration', () => {
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

  test('a rule that is configured both ways is a problem', () => {
    const flags = flagsOf({}, { 'rules.with': ['price_jump'] }, { CHARTCTL_WITHOUT: 'price_jump' });
    readRules(flags);
    assert.is(configuredProblemOf(flags), `rules.with in "${FILE}" and CHARTCTL_WITHOUT both name price_jump`);
  });

  test('flags without a setting are not affected', () => {
    const flags = flagsOf({}, { window: 300 });
    assert.is(flags.text('--out'), undefined);
    assert.is(flags.nameOf('--out'), '--out');
  });
});
