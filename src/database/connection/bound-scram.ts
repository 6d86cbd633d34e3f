import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/** The GS2 header of a client that binds the exchange to the server's certificate (RFC 5802, section 7; RFC 5929). */
const HEADER = 'p=tls-server-end-point,,';
const KEY_BYTES = 32;

/**
 * The client's side of SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the proof of the password holds only for a session whose
 * TLS was made with the certificate that the server itself knows. An intermediary with another certificate is detected.
 */
export class BoundScram {
  readonly #password: string;
  readonly #binding: string;
  readonly #firstBare: string;
  #serverSignature: Buffer = Buffer.alloc(0);

  /** @param certificate the server's, in DER */
  constructor(password: string, certificate: Buffer, nonce: string = randomBytes(18).toString('base64')) {
    this.#password = password.normalize('NFKC'); // the part of SASLprep (RFC 4013) that changes letters
    this.#binding = Buffer.concat([Buffer.from(HEADER), hashCertificate(certificate)]).toString('base64');
    this.#firstBare = `n=,r=${nonce}`; // the user is that of the session's start
  }

  /** The client's first message. */
  get first(): string {
    return HEADER + this.#firstBare;
  }

  /** The client's final message, which answers the server's first one; undefined if that is not of this exchange. */
  answer(serverFirst: string): string | undefined {
    const { r: nonce = '', s: salt = '', i: iterations = '' } = parseAttributes(serverFirst);
    const ownNonce = this.#firstBare.slice('n=,r='.length);
    const isOfExchange = nonce.startsWith(ownNonce) && nonce.length > ownNonce.length;
    if (!isOfExchange || salt === '' || !/^[1-9]\d{0,7}$/.test(iterations)) return undefined;
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, 'base64'), Number(iterations), KEY_BYTES, 'sha256');
    const withoutProof = `c=${this.#binding},r=${nonce}`;
    const exchange = `${this.#firstBare},${serverFirst},${withoutProof}`;
    this.#serverSignature = sign(sign(salted, 'Server Key'), exchange);
    const clientKey = sign(salted, 'Client Key');
    const signature = sign(createHash('sha256').update(clientKey).digest(), exchange);
    const proof = clientKey.map((byte, i) => byte ^ signature[i]!);
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  }

  /** Whether the server's final message proves that it knows the password's verifier. */
  verify(serverFinal: string): boolean {
    const signature = Buffer.from(parseAttributes(serverFinal).v ?? '', 'base64');
    return signature.length === this.#serverSignature.length && timingSafeEqual(signature, this.#serverSignature);
  }
}

function sign(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** The attributes of a message by their letters. */
function parseAttributes(message: string): Readonly<Record<string, string>> {
  return Object.fromEntries(message.split(',').map((attribute) => [attribute[0] ?? '', attribute.slice(2)]));
}

/**
 * The hash functions of signature algorithms, by the object identifiers in DER. MD5 and SHA-1 are replaced by SHA-256
 * (RFC 5929, section 4.1).
 */
const HASHES: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'sha256', // md5WithRSAEncryption
  '2a864886f70d010105': 'sha256', // sha1WithRSAEncryption
  '2a864886f70d01010e': 'sha224',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
};

/** @throws Error for a certificate whose signature has no hash function of its own, such as Ed25519 */
function hashCertificate(certificate: Buffer): Buffer {
  // Certificate ::= SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER, ... }, ... }
  const content = readElement(certificate, 0);
  const signed = readElement(certificate, content.from);
  const algorithm = readElement(certificate, signed.to);
  const identifier = readElement(certificate, algorithm.from);
  const oid = certificate.subarray(identifier.from, identifier.to).toString('hex');
  const hash = HASHES[oid];
  if (hash === undefined) throw new Error(`the certificate is signed by the algorithm ${oid}, which has no hash`);
  return createHash(hash).update(certificate).digest();
}

/** The place of the content of a DER element. */
function readElement(bytes: Buffer, at: number): { from: number; to: number } {
  const length = bytes.readUInt8(at + 1);
  if (length < 0x80) return { from: at + 2, to: at + 2 + length };
  const lengthBytes = length & 0x7f;
  const from = at + 2 + lengthBytes;
  return { from, to: from + bytes.readUIntBE(at + 2, lengthBytes) };
}
