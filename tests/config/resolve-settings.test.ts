import * as assert from 'uvu/assert';
import { type Origin, resolveSettings, type SettingSources } from '../../src/config/resolve-settings.js';
import type { Setting, SettingValue } from '../../src/config/setting.js';
import { type SettingKey, SETTINGS } from '../../src/config/settings.js';
import type { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

const NOWHERE: SettingSources = { environment: {}, dotEnv: {} };
const FILE = '/srv/chartctl.config.json';

/** Four different values, each as the text of a variable and as a value of the file. */
function samplesOf({ schema, key }: Setting): { text: string; value: SettingValue }[] {
  const { type, items } = schema;
  if (type === 'integer' || type === 'number') {
    const { minimum = 0, maximum = 1 } = schema;
    const values = [1, 2, 3, 4].map((n) => (maximum <= 1 ? n / 8 : minimum + n));
    return values.map((value) => ({ text: String(value), value }));
  }
  const url = (n: number) => `https://x${n}.example`;
  if (key === 'binanceUrls') return [1, 2, 3, 4].map((n) => ({ text: url(n), value: [url(n)] }));
  if (type === 'array') {
    const words = items?.enum ?? ['A1', 'B1', 'C1', 'D1'];
    return words.slice(0, 4).map((word) => ({ text: word, value: [word] }));
  }
  if (schema.enum) return ['text', 'json', 'text', 'json'].map((text) => ({ text, value: text }));
  const texts = key.includes('rl') || key.startsWith('fallbackUrls') || key.includes('webhook') ? url : undefined;
  const form = /^(metricsFile)$/.test(key) ? (n: number) => `/m${n}.prom` : (n: number) => `${n}d`;
  return [1, 2, 3, 4].map((n) => ({ text: (texts ?? form)(n), value: (texts ?? form)(n) }));
}

function resolve(sources: SettingSources) {
  const problems: Failure[] = [];
  return { settings: resolveSettings(sources, (problem) => problems.push(problem)), problems };
}

group('resolveSettings', (test) => {
  for (const setting of SETTINGS) {
    test(`${setting.key}: a flag wins over the environment, that over .env, that over the file, that over the default`, () => {
      const [flag, variable, inDotEnv, inFile] = samplesOf(setting);
      const name = setting.flag?.split(' ')[0] ?? 'SYMBOLS';
      const all: Required<SettingSources> = {
        commandLine: new Map([[setting.key, { kind: 'flag', name, text: flag!.text }]]),
        environment: { [setting.variable]: variable!.text },
        dotEnv: { [setting.variable]: inDotEnv!.text },
        file: { path: FILE, values: new Map([[setting.key, inFile!.value]]) },
      };
      const steps: [keyof SettingSources, Origin, SettingValue | undefined][] = [
        ['commandLine', { kind: 'flag', name }, flag!.value],
        ['environment', { kind: 'environment', name: setting.variable }, variable!.value],
        ['dotEnv', { kind: '.env', name: setting.variable }, inDotEnv!.value],
        ['file', { kind: 'file', name: FILE }, inFile!.value],
      ];
      let sources: SettingSources = all;
      for (const [source, origin, value] of steps) {
        const { settings, problems } = resolve(sources);
        assert.equal(problems, []);
        assert.equal(settings[setting.key], { value, origin });
        sources = { ...sources, [source]: NOWHERE[source] };
      }
      assert.equal(resolve(sources).settings[setting.key], { value: setting.default, origin: { kind: 'default' } });
    });
  }

  test('an empty variable means none where a setting may be empty, and is treated as unset elsewhere', () => {
    const values = new Map<string, SettingValue>([
      ['fallback', ['okx']],
      ['pingUrl', 'https://x.example'],
      ['window', 800],
    ]);
    const environment = {
      CHARTCTL_FALLBACK: '',
      CHARTCTL_PING_URL: ' ',
      CHARTCTL_WINDOW: '',
      CHARTCTL_BINANCE_URL: '',
    };
    const { settings, problems } = resolve({ ...NOWHERE, environment, file: { path: FILE, values } });
    assert.equal(problems, []);
    assert.equal(settings.fallback, { value: [], origin: { kind: 'environment', name: 'CHARTCTL_FALLBACK' } });
    assert.equal(settings.pingUrl.value, undefined);
    assert.equal(settings.window, { value: 800, origin: { kind: 'file', name: FILE } });
    assert.is(settings.binanceUrls.origin.kind, 'default');
  });

  test('a variable may hold a list in spaces and commas, and names of any case', () => {
    const environment = { CHARTCTL_SYMBOLS: 'btcusdt, ETHUSDT\tSOLUSDT', CHARTCTL_FALLBACK: 'OKX,Kraken' };
    const { settings } = resolve({ ...NOWHERE, environment });
    assert.equal(settings.symbols.value, ['btcusdt', 'ETHUSDT', 'SOLUSDT']);
    assert.equal(settings.fallback.value, ['okx', 'kraken']);
  });

  const refused: [Record<string, string>, RegExp][] = [
    [{ CHARTCTL_WINDOW: '600.5' }, /^CHARTCTL_WINDOW was "600.5"$/],
    [{ CHARTCTL_WINDOW: '0' }, /^CHARTCTL_WINDOW was "0"$/],
    [{ CHARTCTL_SIGMA: '0x3' }, /^CHARTCTL_SIGMA was "0x3"$/],
    [{ CHARTCTL_THRESHOLD: '5%' }, /^CHARTCTL_THRESHOLD was "5%"$/],
    [{ CHARTCTL_WITH: 'price_jump,pump' }, /^CHARTCTL_WITH names "pump"$/],
    [{ CHARTCTL_FALLBACK: 'okx,okx' }, /^CHARTCTL_FALLBACK was "okx,okx"$|^CHARTCTL_FALLBACK names "okx"$/],
    [{ CHARTCTL_SYMBOLS: 'BTC/USDT' }, /^CHARTCTL_SYMBOLS was "BTC\/USDT"$/],
    [{ CHARTCTL_BINANCE_URL: ',' }, /^CHARTCTL_BINANCE_URL was ","$/],
    [{ CHARTCTL_OKX_URL: 'https://x.example:99999' }, /^CHARTCTL_OKX_URL was/],
    [{ CHARTCTL_METRICS_FILE: 'metrics.txt' }, /^CHARTCTL_METRICS_FILE was "metrics.txt"$/],
    [{ CHARTCTL_LOG_FORMAT: 'xml' }, /^CHARTCTL_LOG_FORMAT was "xml"$/],
    [{ CHARTCTL_MAX_AGE: '7' }, /^CHARTCTL_MAX_AGE was "7"$/],
    // values that may be secret are not shown
    [{ CHARTCTL_PING_URL: 'hc-ping.com/geheim' }, /^CHARTCTL_PING_URL was not understood$/],
    [{ CHARTCTL_WEBHOOK: 'geheim' }, /^CHARTCTL_WEBHOOK was not understood$/],
    [{ CHARTCTL_EXEC: 'train --token "geheim' }, /^CHARTCTL_EXEC was not understood$/],
  ];
  for (const [environment, message] of refused) {
    test(`${Object.keys(environment).join()} is refused with ${String(message)}`, () => {
      const { problems } = resolve({ ...NOWHERE, environment });
      assert.is(problems.length, 1);
      assert.match(problems[0]!.message, message);
      assert.match(problems[0]!.hint ?? '', /^expected /);
      assert.is(problems[0]!.exitCode, 2);
    });
  }

  test('every invalid variable is reported, and .env is named', () => {
    const { problems } = resolve({
      environment: { CHARTCTL_SIGMA: 'x' },
      dotEnv: { CHARTCTL_WINDOW: 'y', CHARTCTL_SIGMA: '3' },
    });
    assert.equal(
      problems.map(({ message }) => message),
      ['CHARTCTL_WINDOW in .env was "y"', 'CHARTCTL_SIGMA was "x"'],
    );
  });

  test('every key has a value, and no other', () => {
    const keys = SETTINGS.map(({ key }): SettingKey => key);
    assert.equal(Object.keys(resolve(NOWHERE).settings), keys);
  });
});
