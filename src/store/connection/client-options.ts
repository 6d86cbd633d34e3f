import type { Duplex } from 'node:stream';
import type { Options } from 'postgres';
import { ConnectionError } from './connection-error.js';
import { WIRE_TYPES } from './wire-types.js';

/** What a connection says about itself. */
export interface SessionOptions {
  user: string;
  password: string;
  database: string;
  /** Settings that the session starts with. */
  startup: Record<string, string>;
}

/** What makes the driver use one socket, which is open already, and never another one. */
export function toClientOptions(socket: Duplex, options: SessionOptions): Options<Record<string, never>> {
  let unused: Duplex | undefined = socket;
  const client = {
    host: 'database', // only shown in the driver's own messages: the socket is open already
    port: 5432,
    database: options.database,
    user: options.user,
    pass: options.password,
    ssl: false,
    max: 1,
    prepare: false, // named statements do not survive pgbouncer's transaction pooling
    fetch_types: false,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 0,
    connection: options.startup,
    types: WIRE_TYPES,
    onnotice: () => undefined,
    socket: () => {
      if (!unused) throw new ConnectionError();
      const handedOver = unused;
      unused = undefined;
      return handedOver;
    },
  };
  return client as unknown as Options<Record<string, never>>;
}
