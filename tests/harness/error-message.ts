/** An error as a PostgreSQL server sends it, by the letters of the protocol's fields: severity S, code C, message M. */
export function toErrorMessage(fields: Readonly<Record<string, string>>): Buffer {
  const body = `${Object.entries(fields)
    .map(([letter, text]) => `${letter}${text}\0`)
    .join('')}\0`;
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + Buffer.byteLength(body));
  return Buffer.concat([Buffer.from('E'), length, Buffer.from(body)]);
}
