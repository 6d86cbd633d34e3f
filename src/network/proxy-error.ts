/** The system's codes of errors, in words that follow the name of the host. */
const NETWORK_ERRORS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'was not found (DNS)',
  EAI_AGAIN: 'could not be looked up (DNS)',
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'could not be connected to in time',
  HPE_HEADER_OVERFLOW: 'answered with too many headers',
};

/** What a network error says about a host, after its name. */
export function describeNetworkError(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return NETWORK_ERRORS[code] ?? `could not be reached: ${error.message || code || 'unknown error'}`;
}

const PROXY_AUTHENTICATION_REQUIRED = 407;

/** A proxy could not be reached, or did not open the way to a host. */
export class ProxyError extends Error {
  /** Whether the proxy answered that it does not permit it: another attempt has the same end. */
  readonly isRefusal: boolean;
  readonly hint: string;

  private constructor(message: string, isRefusal: boolean, hint: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ProxyError';
    this.isRefusal = isRefusal;
    this.hint = hint;
  }

  /** @param proxy its name for messages */
  static unreachable({ name, variable }: { name: string; variable: string }, error: Error): ProxyError {
    const hint = `check ${variable}; NO_PROXY lists the hosts to ask directly`;
    return new ProxyError(`the proxy ${name} ${describeNetworkError(error)}`, false, hint, error);
  }

  /** The answer of a proxy to the request to connect to `target`. */
  static refused(
    { name, variable, authorization }: { name: string; variable: string; authorization: string | undefined },
    target: string,
    status: number,
  ): ProxyError {
    if (status === PROXY_AUTHENTICATION_REQUIRED) {
      const found = authorization === undefined ? 'asks for a user and a password' : 'refused the user or the password';
      const hint = `write them in ${variable}: http://USER:PASSWORD@${name}`;
      return new ProxyError(`the proxy ${name} ${found} (407)`, true, hint);
    }
    const hint = `ask for access to ${target}, or list its host in NO_PROXY to ask it directly`;
    return new ProxyError(`the proxy ${name} answered ${status} for ${target}`, status >= 400 && status < 500, hint);
  }
}
