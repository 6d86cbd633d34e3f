/** A connection could not be opened or was lost: whether the statement under way took effect is not known. */
export class ConnectionError extends Error {
  /** The system's or the driver's word for it, such as `ECONNREFUSED`. */
  readonly code: string;

  constructor(message = 'the connection to the database was lost', code = 'CONNECTION_CLOSED', cause?: unknown) {
    super(message, { cause });
    this.name = 'ConnectionError';
    this.code = code;
  }
}
