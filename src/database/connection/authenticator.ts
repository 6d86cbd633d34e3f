import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { Failure } from '../../core/failure.js';
import { CLIENT_MESSAGE, HEADER_BYTES, SERVER_MESSAGE } from '../format/messages.js';
import { BoundScram } from './bound-scram.js';
import type { AuthenticationMethod, RequiredAuthentication } from './required-authentication.js';

const CODE = { ok: 0, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;
/** By the code of the server's request. */
const METHOD_OF_CODE: Readonly<Record<number, AuthenticationMethod>> = {
  3: 'password',
  5: 'md5',
  7: 'gss',
  9: 'sspi',
  [CODE.sasl]: 'scram-sha-256',
};
const MECHANISM = 'SCRAM-SHA-256-PLUS';

/**
 * Watches how a server authenticates a session, and ends the connection before a password is sent in a way that is not
 * allowed. With channel binding it authenticates by itself, because postgres.js has none.
 */
export class Authenticator {
  /** Why the connection was ended. */
  failure: Failure | undefined;
  readonly #server: Duplex;
  readonly #required: RequiredAuthentication;
  readonly #password: string;
  #method: AuthenticationMethod = 'none';
  #scram: BoundScram | undefined;
  /** Whether the server has sent its proof, which the driver checks where this class does not. */
  #hasProof = false;
  #isVerified = false;

  constructor(server: Duplex, required: RequiredAuthentication, password: string) {
    this.#server = server;
    this.#required = required;
    this.#password = password;
  }

  /** Sees a message of the server; returns true to keep it from the driver. */
  readonly handle = (type: number, bytes: Buffer, start: number, end: number): boolean => {
    if (type !== SERVER_MESSAGE.authentication || this.failure) return this.failure !== undefined;
    const code = bytes.readInt32BE(start);
    const content = bytes.subarray(start + 4, end);
    const method = METHOD_OF_CODE[code];
    if (method) this.#method = method;
    if ((method || code === CODE.ok) && !this.#required.methods.has(this.#method)) {
      return this.#refuse(`the server authenticates by "${this.#method}", which require_auth does not allow`);
    }
    if (code === CODE.saslFinal) this.#hasProof = true;
    if (code === CODE.ok && this.#method === 'scram-sha-256' && !this.#hasProof) {
      return this.#refuse('the server did not complete SCRAM');
    }
    return this.#required.channelBinding && this.#bind(code, content);
  };

  #bind(code: number, content: Buffer): boolean {
    if (code === CODE.sasl) return this.#begin(content.toString('latin1').split('\0'));
    if (code === CODE.saslContinue) {
      const answer = this.#scram?.answer(content.toString('utf8'));
      if (answer === undefined) return this.#refuse('the server did not answer as SCRAM demands');
      return this.#send(Buffer.from(answer));
    }
    if (code === CODE.saslFinal) {
      this.#isVerified = this.#scram?.verify(content.toString('utf8')) ?? false;
      return true;
    }
    return this.#isVerified && code === CODE.ok
      ? false
      : this.#refuse('the server was not proved to know the password');
  }

  #begin(mechanisms: readonly string[]): boolean {
    if (!(this.#server instanceof TLSSocket)) return this.#refuse('the connection is not encrypted');
    if (!mechanisms.includes(MECHANISM)) return this.#refuse(`the server does not offer ${MECHANISM}`);
    try {
      this.#scram = new BoundScram(this.#password, this.#server.getPeerCertificate().raw);
    } catch (error) {
      return this.#refuse(error instanceof Error ? error.message : String(error));
    }
    const first = Buffer.from(this.#scram.first);
    const length = Buffer.alloc(4);
    length.writeInt32BE(first.length);
    return this.#send(Buffer.concat([Buffer.from(`${MECHANISM}\0`), length, first]));
  }

  #send(content: Buffer): true {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(CLIENT_MESSAGE.authentication);
    header.writeInt32BE(content.length + 4, 1);
    this.#server.write(Buffer.concat([header, content]));
    return true;
  }

  #refuse(reason: string): true {
    const { channelBinding } = this.#required;
    this.failure = new Failure('usage', `the session was not started: ${reason}`, {
      hint: `check ${channelBinding ? 'channel_binding' : 'require_auth'} in DATABASE_URL, and pg_hba.conf on the server`,
      code: 'AUTHENTICATION_REFUSED',
    });
    this.#server.destroy();
    return true;
  }
}
