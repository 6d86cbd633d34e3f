/** Type bytes of the messages that a client sends (PostgreSQL manual, "Message Formats"). */
export const CLIENT_MESSAGE = {
  authentication: 0x70,
  query: 0x51,
  terminate: 0x58,
  flush: 0x48,
  sync: 0x53,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
} as const;

/** Type bytes of the messages that the server sends; some of them mean something else there. */
export const SERVER_MESSAGE = {
  authentication: 0x52,
  copyData: 0x64,
  copyDone: 0x63,
  copyInResponse: 0x47,
  copyOutResponse: 0x48,
  error: 0x45,
  readyForQuery: 0x5a,
} as const;

/** Type and length, which precede a message's content. */
export const HEADER_BYTES = 5;
