/** The connection ended under a statement: whether that statement took effect is not known. */
export class ConnectionLost extends Error {
  readonly code: string;

  constructor(message = 'the connection to the database was lost', code = 'CONNECTION_CLOSED') {
    super(message);
    this.name = 'ConnectionLost';
    this.code = code;
  }
}
