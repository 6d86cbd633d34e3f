import type { Environment } from '../core/io.js';

/** The proxies of the environment. */
export interface ProxySettings {
  /** For http:// and https://, with the variable that names each. */
  http: NamedText | undefined;
  https: NamedText | undefined;
  /** The hosts that are asked directly. */
  except: string;
}

/** The text of a variable. */
export interface NamedText {
  variable: string;
  text: string;
}

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` as curl does: those in lower case win, an empty one
 * counts as absent. Undefined if there is no proxy.
 *
 * `HTTP_PROXY` is ignored in a CGI program, in which a request's header `Proxy` sets it.
 */
export function readProxySettings(environment: Environment): ProxySettings | undefined {
  const find = (...variables: string[]) => {
    const variable = variables.find((name) => environment[name]);
    return variable === undefined ? undefined : { variable, text: environment[variable]!.trim() };
  };
  const isCgi = environment.REQUEST_METHOD !== undefined;
  const all = ['all_proxy', 'ALL_PROXY'];
  const http = find('http_proxy', ...(isCgi ? [] : ['HTTP_PROXY']), ...all);
  const https = find('https_proxy', 'HTTPS_PROXY', ...all);
  if (!http && !https) return undefined;
  return { http, https, except: find('no_proxy', 'NO_PROXY')?.text ?? '' };
}
