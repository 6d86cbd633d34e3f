import { request as requestPlain } from 'node:http';
import { Agent, type AgentOptions, request as requestSecure, type RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Proxy } from './proxies.js';
import { ProxyError } from './proxy-error.js';

/** Longer than any request waits for a connection: an abandoned attempt must not keep the process running. */
const CONNECT_LIMIT_MS = 5_000;

/** Connections to https:// hosts through the tunnel that a proxy opens (CONNECT): the proxy sees only their names. */
export class TunnelAgent extends Agent {
  readonly #proxy: Proxy;

  constructor(proxy: Proxy, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const host = String(options.host);
    const target = `${isIPv6(host) ? `[${host}]` : host}:${options.port ?? 443}`;
    openTunnel(this.#proxy, target, options.signal).then(
      (socket) => callback?.(null, super.createConnection({ ...options, socket } as RequestOptions)!),
      (error: Error) => callback?.(error, undefined as never),
    );
  }
}

/**
 * A connection to a host and port through a proxy.
 *
 * Not with a package such as https-proxy-agent, which hands the proxy's refusal to the caller as if the host had sent it.
 */
function openTunnel(proxy: Proxy, target: string, signal?: AbortSignal): Promise<Duplex> {
  const { host, port, servername, isSecure, authorization } = proxy;
  const request = (isSecure ? requestSecure : requestPlain)({
    host,
    port,
    ...(isSecure && { servername }),
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
    agent: false,
    ...(signal && { signal }),
  });
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      const late = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
      request.destroy(late);
    }, CONNECT_LIMIT_MS);
    request.once('connect', ({ statusCode: status = 0 }, socket, head) => {
      clearTimeout(limit);
      if (status >= 200 && status < 300) {
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      reject(ProxyError.refused(proxy, target, status));
    });
    request.once('error', (error) => {
      clearTimeout(limit);
      reject(ProxyError.unreachable(proxy, error));
    });
    request.end();
  });
}
