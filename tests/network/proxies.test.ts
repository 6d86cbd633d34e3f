import * as assert from 'uvu/assert';
import { isExcluded } from '../../src/network/no-proxy.js';
import { findProxy } from '../../src/network/proxies.js';
import { readProxySettings } from '../../src/config/read-proxies.js';
import { expectThrownFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';

const proxyFor = (url: string, environment: Record<string, string>) =>
  findProxy(readProxySettings(environment), new URL(url));

group('the proxy for a URL', (test) => {
  const chosen: [url: string, environment: Record<string, string>, proxy: string | undefined][] = [
    ['https://a.example/', {}, undefined],
    ['https://a.example/', { HTTPS_PROXY: 'http://p:1' }, 'p:1'],
    ['https://a.example/', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://a.example/', { HTTP_PROXY: 'http://p:1' }, 'p:1'],
    ['http://a.example/', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['https://a.example/', { https_proxy: 'http://small:1', HTTPS_PROXY: 'http://p:1' }, 'small:1'],
    ['https://a.example/', { https_proxy: '', HTTPS_PROXY: 'http://p:1' }, 'p:1'],
    ['https://a.example/', { ALL_PROXY: 'http://p:1' }, 'p:1'],
    ['https://a.example/', { ALL_PROXY: 'http://all:1', HTTPS_PROXY: 'http://p:1' }, 'p:1'],
    ['https://a.example/', { HTTPS_PROXY: 'p:3128' }, 'p:3128'],
    ['https://a.example/', { HTTPS_PROXY: 'p' }, 'p:80'],
    ['https://a.example/', { HTTPS_PROXY: 'https://p' }, 'p:443'],
    ['https://a.example/', { HTTPS_PROXY: 'http://[::1]:8080' }, '[::1]:8080'],
    ['https://a.example/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.example' }, undefined],
    ['https://a.example/', { HTTPS_PROXY: 'http://p:1', no_proxy: 'b.example', NO_PROXY: 'a.example' }, 'p:1'],
  ];
  for (const [url, environment, proxy] of chosen) {
    test(`${url} with ${JSON.stringify(environment)} is ${proxy ?? 'none'}`, () => {
      assert.is(proxyFor(url, environment)?.name, proxy);
    });
  }

  test('has the credentials of the variable, decoded, in a header and not in its name', () => {
    const proxy = proxyFor('https://a.example/', { HTTPS_PROXY: 'http://us%40er:p%3Ass%@p:1' })!;
    assert.is(proxy.name, 'p:1');
    assert.is(Buffer.from(proxy.authorization!.replace('Basic ', ''), 'base64').toString(), 'us@er:p:ss%');
  });

  for (const text of ['socks5://u:hunter2@p:1080', 'http://u:hunter2@p:99999', 'ftp://u:hunter2@p']) {
    test(`"${text}" is refused without its password, because requests must not go past it`, () => {
      const failure = expectThrownFailure(() => proxyFor('https://a.example/', { HTTPS_PROXY: text }));
      assert.is(failure.exitCode, 2);
      assert.match(failure.message, /^HTTPS_PROXY /);
      assert.not.match(`${failure.message} ${failure.hint}`, /hunter2/);
    });
  }
});

group('NO_PROXY', (test) => {
  const rules: [noProxy: string, host: string, isExcluded: boolean][] = [
    ['', 'a.example', false],
    ['*', 'a.example', true],
    [' * ', '10.0.0.1', true],
    ['*.example', 'a.example', false],
    ['a.example', 'A.Example', true],
    ['a.example', 'b.a.example', true],
    ['.a.example', 'a.example', true],
    ['.a.example', 'b.a.example', true],
    ['a.example', 'nota.example', false],
    ['a.example', 'a.example.org', false],
    ['a.example.', 'a.example', true],
    ['a.example', 'a.example.', true],
    ['.', 'a.example', false],
    ['x, a.example\tb.example', 'b.example', true],
    ['x,a.example', 'b.example', false],
    ['localhost', '127.0.0.1', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.12', false],
    ['127.0.0.0/8', '127.9.9.9', true],
    ['10.0.0.0/8', '127.0.0.1', false],
    ['10.0.0.0/33', '10.0.0.1', false],
    ['10.0.0.0/x', '10.0.0.1', false],
    ['192.168.0.0/16', 'a.192.168.0.1', false],
    ['::1', '[::1]', true],
    ['[::1]', '[::1]', true],
    ['0:0:0:0:0:0:0:1', '[::1]', true],
    ['fd00::/8', '[fd12::1]', true],
    ['fd00::/8', '[fe80::1]', false],
    ['fd00::/8', '10.0.0.1', false],
  ];
  for (const [noProxy, host, expected] of rules) {
    test(`"${noProxy}" ${expected ? 'excludes' : 'does not exclude'} ${host}`, () => {
      assert.is(isExcluded(noProxy, host), expected);
    });
  }
});
