import type { Environment } from '../core/io.js';
import type { ProxySettings } from '../network/proxies.js';

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` as curl does: those in lower case win, an empty one
 * counts as absent. Undefined if there is no proxy.
 */
export function readProxySettings(environment: Environment): ProxySettings | undefined {
  const find = (...variables: string[]) => {
    const variable = variables.find((name) => environment[name]);
    return variable === undefined ? undefined : { variable, text: environment[variable]!.trim() };
  };
  const all = ['all_proxy', 'ALL_PROXY'];
  const http = find('http_proxy', 'HTTP_PROXY', ...all);
  const https = find('https_proxy', 'HTTPS_PROXY', ...all);
  if (!http && !https) return undefined;
  return { http, https, except: find('no_proxy', 'NO_PROXY')?.text ?? '' };
}
