import { Failure } from '../../core/failure.js';
import type { ExchangeConfig } from '../../exchange/market.js';
import { findProxy } from '../../network/proxies.js';
import { type CheckResult, ok, toCheckResult } from './check-result.js';

/** Names the proxies of the environment and the exchanges that are asked through each; no result without proxies. */
export function checkProxies({ proxies, binanceUrls, fallbacks }: ExchangeConfig): CheckResult[] {
  if (!proxies) return [];
  const check = 'proxy';
  const hosts = new Map<string, string[]>();
  try {
    for (const url of [...binanceUrls, ...fallbacks.map((fallback) => fallback.url)].map((text) => new URL(text))) {
      const proxy = findProxy(proxies, url);
      const route = proxy ? `${proxy.name} (${proxy.variable})` : 'none';
      hosts.set(route, [...(hosts.get(route) ?? []), url.host]);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [toCheckResult(check, error, 'correct it')];
  }
  const routes = [...hosts].map(([route, names]) => `${route} for ${[...new Set(names)].join(', ')}`);
  return [ok(check, routes.join('; '))];
}
