import { Agent, type AgentOptions, request, type RequestOptions } from 'node:http';
import type { Proxy, ProxySettings } from './proxies.js';

/** How requests to a host are sent: directly, through a tunnel, or to a proxy that sends them on. */
export interface Route {
  /** Node's function for http:// or https://. */
  request: typeof request;
  /** To be added to the request's own options; `headers` to its own headers. */
  options: RequestOptions & { servername?: string; headers: Readonly<Record<string, string>> };
  /** The socket's event for an established connection. */
  connected: 'connect' | 'secureConnect';
  proxy: Proxy | undefined;
  /** Whether the proxy reads the request and answers it itself. */
  isForwarded: boolean;
}

/** Finds the route to a URL; throws a Failure (usage) for a proxy that is not understood. */
export type FindRoute = (url: URL) => Promise<Route>;

/**
 * Routes to any number of hosts. Code for TLS, proxies and tunnels is loaded with the first request that needs it.
 *
 * Idle connections do not keep the process alive, so nothing needs closing.
 */
export function openRoutes(proxies: ProxySettings | undefined, agentOptions: AgentOptions): FindRoute {
  const plain = new Agent(agentOptions);
  let secure: Promise<Pick<Route, 'request'> & { agent: Agent }> | undefined;
  const openSecure = () => (secure ??= loadSecure(agentOptions));
  let tunnel: Promise<Agent> | undefined; // all https:// hosts have the same proxy, or none

  return async (url) => {
    const proxy = proxies && (await import('./proxies.js')).findProxy(proxies, url);
    const isSecure = url.protocol === 'https:';
    const isSecureConnection = isSecure || (proxy?.isSecure ?? false);
    const connected = isSecureConnection ? 'secureConnect' : 'connect';
    const { request: send, agent } = isSecureConnection ? await openSecure() : { request, agent: plain };
    const route = { request: send, connected, proxy, isForwarded: false } as const;
    if (!proxy) return { ...route, options: { agent, headers: {} } };
    if (!isSecure) return { ...route, options: toForwarding(url, proxy, agent), isForwarded: true };
    tunnel ??= loadTunnel(proxy, agentOptions);
    return { ...route, options: { agent: await tunnel, headers: {} } };
  };
}

async function loadSecure(agentOptions: AgentOptions) {
  const https = await import('node:https');
  return { request: https.request, agent: new https.Agent(agentOptions) };
}

async function loadTunnel(proxy: Proxy, agentOptions: AgentOptions): Promise<Agent> {
  const { TunnelAgent } = await import('./tunnel.js');
  return new TunnelAgent(proxy, agentOptions);
}

/** A proxy gets the whole URL (RFC 9112, section 3.2.2), without the credentials, which are in a header. */
function toForwarding(url: URL, proxy: Proxy, agent: Agent): Route['options'] {
  const { protocol, host, pathname, search } = url;
  const { authorization } = proxy;
  return {
    protocol: proxy.isSecure ? 'https:' : 'http:',
    host: proxy.host,
    hostname: proxy.host,
    port: proxy.port,
    ...(proxy.isSecure && { servername: proxy.servername }),
    path: `${protocol}//${host}${pathname}${search}`,
    agent,
    headers: { host, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
  };
}
