import { isIP } from 'node:net';
import { unescape } from 'node:querystring';
import { Failure } from '../core/failure.js';
import { isExcluded } from './no-proxy.js';

/** The proxies of the environment. */
export interface ProxySettings {
  /** For http://: its URL, and the variable that has it. */
  http: { variable: string; text: string } | undefined;
  /** For https://. */
  https: { variable: string; text: string } | undefined;
  /** The hosts that are asked directly, as in `NO_PROXY`. */
  except: string;
}

/** A proxy that requests go through. */
export interface Proxy {
  /** The variable that names it. */
  variable: string;
  /** Host and port for messages: without the password. */
  name: string;
  isSecure: boolean;
  host: string;
  port: number;
  /** The name in its certificate (Node would take that of the header `Host`); none for an address. */
  servername: string;
  /** The header `Proxy-Authorization`, if the variable has a user. */
  authorization: string | undefined;
}

/**
 * The proxy for a URL; undefined where it is asked directly.
 *
 * @throws Failure (usage) for a proxy that is not understood: requests must not go past it
 */
export function findProxy(settings: ProxySettings | undefined, { protocol, hostname }: URL): Proxy | undefined {
  const named = protocol === 'https:' ? settings?.https : settings?.http;
  return !settings || !named || isExcluded(settings.except, hostname) ? undefined : parseProxy(named);
}

function parseProxy({ variable, text }: NonNullable<ProxySettings['http']>): Proxy {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  const isSecure = url?.protocol === 'https:';
  if (!url?.hostname || (!isSecure && url.protocol !== 'http:')) {
    const found = url ? `begins with "${url.protocol}//"` : 'was not understood';
    throw new Failure('usage', `${variable} ${found}`, {
      hint: 'expected a proxy for HTTP, as in http://USER:PASSWORD@HOST:PORT; NO_PROXY lists the hosts to ask directly',
    });
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port || (isSecure ? 443 : 80));
  // a "%" that does not begin an escape is taken literally, as browsers do
  const user = `${unescape(url.username)}:${unescape(url.password)}`;
  return {
    variable,
    name: `${url.hostname}:${port}`,
    isSecure,
    host,
    port,
    servername: isIP(host) === 0 ? host : '',
    authorization: user === ':' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`,
  };
}
