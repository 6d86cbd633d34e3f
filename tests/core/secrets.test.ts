import * as assert from 'uvu/assert';
import { maskSetting } from '../../src/config/setting.js';
import { maskCommand, maskUrl, redactPasswords } from '../../src/core/secrets.js';
import { group } from '../harness/group.js';

group('masks', (test) => {
  const urls: [string, boolean, string][] = [
    ['postgres://me:geheim@db:5432/platform', false, 'postgres://me:***@db:5432/platform'],
    ['postgres://me@db/platform?sslmode=verify-full', false, 'postgres://me@db/platform?sslmode=verify-full'],
    [
      'postgres://db/x?user=me&password=geheim&sslpassword=geheim',
      false,
      'postgres://db/x?user=me&password=***&sslpassword=***',
    ],
    ['postgresql:///platform?host=/run/postgresql', false, 'postgresql:///platform?host=/run/postgresql'],
    ['postgres://me:12?geheim@db/x', false, 'postgres://me:12?***'],
    ['https://geheim@proxy.example', false, 'https://***@proxy.example'],
    ['https://me:geheim@proxy.example/api', false, 'https://me:***@proxy.example/api'],
    ['https://api.binance.com', false, 'https://api.binance.com'],
    ['https://hc-ping.com/8c5c0b62-6a2b', true, 'https://hc-ping.com/***'],
    ['https://hooks.example/?geheim', true, 'https://hooks.example/***'],
    ['https://monitor.example/', true, 'https://monitor.example'],
    ['no url, geheim', false, '***'],
  ];
  for (const [url, isSecret, shown] of urls) {
    test(`${url} is shown as ${shown}`, () => assert.is(maskUrl(url, isSecret), shown));
  }

  test('the secret arguments of a command are masked', () => {
    assert.equal(
      maskCommand([
        'train',
        '--token',
        'geheim',
        '--password=geheim',
        'API_KEY=geheim',
        'https://me:geheim@x.example/a',
        '--rows',
        '600',
      ]),
      ['train', '--token', '***', '--password=***', 'API_KEY=***', 'https://me:***@x.example/a', '--rows', '600'],
    );
    assert.is(maskSetting('hooks.exec', 'train --secret geheim'), "train --secret '***'");
    assert.equal(
      maskCommand([
        'curl',
        '-H',
        'Authorization: Bearer geheim',
        '-H',
        'Accept: */*',
        'https://x.example/?a=1&token=geheim',
      ]),
      ['curl', '-H', 'Authorization: ***', '-H', 'Accept: */*', 'https://x.example?a=1&token=***'],
    );
  });

  test('each URL of a list is masked, other texts stay as they are', () => {
    assert.equal(maskSetting('binanceUrls', ['https://a:b@c.example', 'https://d.example']), [
      'https://a:***@c.example',
      'https://d.example',
    ]);
    assert.is(maskSetting('window', 600), 600);
    assert.equal(maskSetting('symbols', ['BTCUSDT']), ['BTCUSDT']);
  });
});

group('passwords in texts from outside', (test) => {
  const texts: [string, string][] = [
    ['at postgres://me:geheim@db/x (postgres://me:geheim@db/x)', 'at postgres://me:***@db/x (postgres://me:***@db/x)'],
    ['at postgres://me:ge@/heim@db/x', 'at postgres://me:***@db/x'],
    ['at postgres://me:ge heim@db/x', 'at postgres://me:***@db/x'],
    ['at postgres://db/x?password=geheim&a=1', 'at postgres://db/x?password=***&a=1'],
    ['at postgres://db/x?a=1&sslpassword=geheim)', 'at postgres://db/x?a=1&sslpassword=***)'],
    ['{"url":"https://h.example/?token=geheim","b":"c@d"}', '{"url":"https://h.example/?token=***","b":"c@d"}'],
    ['{"a":"postgres://db:5432","b":"c@d"}', '{"a":"postgres://db:5432","b":"c@d"}'],
    ['http://127.0.0.1:8080 answered, ask me@home', 'http://127.0.0.1:8080 answered, ask me@home'],
    ['expected postgres://USER:PASSWORD@HOST:PORT/DATABASE', 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE'],
  ];
  for (const [text, shown] of texts) test(shown, () => assert.is(redactPasswords(text), shown));
});
