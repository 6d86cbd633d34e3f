import { RequestProblem } from './request-problem.js';

const NETWORK_ERRORS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'was not found (DNS)',
  EAI_AGAIN: 'could not be looked up (DNS)',
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'broke the connection',
  EPIPE: 'broke the connection',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'could not be connected to in time',
  HPE_HEADER_OVERFLOW: 'answered with too many headers',
};
/** OpenSSL's and Node's names for certificates that are not good for the host. */
const CERTIFICATE_ERROR = /CERT|LEAF_SIGNATURE|ISSUER/;
/** What OpenSSL says when it hears something else than TLS. */
const NO_TLS = /wrong version number|packet length too long|unknown protocol|http request/i;

/** What went wrong on the way to a host. A host that cannot show who it is, is not asked again. */
export function describeNetworkError(error: Error, host: string): RequestProblem {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (CERTIFICATE_ERROR.test(code)) return untrusted(host, error);
  if (code === 'EPROTO') return withoutTls(host, error);
  const what = NETWORK_ERRORS[code] ?? `could not be asked: ${error.message || code || 'unknown error'}`;
  return new RequestProblem('network', `${host} ${what}`, { cause: error });
}

function untrusted(host: string, error: Error): RequestProblem {
  const why = error.message.replace(/[\s:]+$/, '');
  return new RequestProblem('blocked', `${host} could not show that it is this host: ${why}`, {
    code: 'UNTRUSTED',
    hint: "check the base URL and this machine's clock; the authority of a proxy of yours belongs into NODE_EXTRA_CA_CERTS",
    cause: error,
  });
}

function withoutTls(host: string, error: Error): RequestProblem {
  if (!NO_TLS.test(error.message)) {
    return new RequestProblem('network', `${host} failed at the TLS handshake`, { cause: error });
  }
  const hint = 'is its base URL http:// instead of https://?';
  return new RequestProblem('blocked', `${host} does not speak TLS`, { code: 'UNTRUSTED', hint, cause: error });
}
