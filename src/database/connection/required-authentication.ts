import { Failure } from '../../core/failure.js';
import { showWord, type UrlParameters } from './url-parameters.js';

/** The ways in which a server can authenticate a session, in libpq's words. */
const METHODS = ['none', 'password', 'md5', 'gss', 'sspi', 'scram-sha-256'] as const;
export type AuthenticationMethod = (typeof METHODS)[number];

/** What the server must do for the session to be started. */
export interface RequiredAuthentication {
  /** It must authenticate by SCRAM bound to its certificate (`channel_binding=require`). */
  channelBinding: boolean;
  /** The methods that are allowed (`require_auth`). */
  methods: ReadonlySet<AuthenticationMethod>;
}

/**
 * The authentication that `channel_binding` and `require_auth` ask for; undefined if they leave the choice to the server.
 *
 * @throws Failure (usage) for methods that are not known, or are named with and without "!"
 */
export function parseRequiredAuthentication({ given }: UrlParameters): RequiredAuthentication | undefined {
  const channelBinding = given('channel_binding') === 'require';
  const text = given('require_auth');
  if (text === undefined) return channelBinding ? { channelBinding, methods: new Set(METHODS) } : undefined;
  const words = text.split(',').map((word) => word.trim());
  const named = words.map((word) => METHODS.find((method) => method === word.replace(/^!/, '')));
  const excluded = words.filter((word) => word.startsWith('!'));
  if (named.includes(undefined) || ![0, words.length].includes(excluded.length)) {
    throw new Failure('usage', `require_auth was ${showWord(text)}`, {
      hint: `expected some of ${METHODS.join(', ')}, or each that is excluded with "!" before it`,
    });
  }
  const methods = METHODS.filter((method) => named.includes(method) === (excluded.length === 0));
  return { channelBinding, methods: new Set(methods) };
}
