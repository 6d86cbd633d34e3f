import type { Duplex } from 'node:stream';
import type { Options } from 'postgres';
import { parseArrayLiteral, parseTimestampText } from '../format/text-format.js';
import { ConnectionError } from './connection-error.js';

interface WireType<T> {
  to: number;
  from: number[];
  serialize: (value: unknown) => string;
  parse: (text: string) => T;
}

/** Bindings are text already (`toBindingText`). */
const sendAsIs = (value: unknown) => String(value);

function wireType<T>(from: number[], parse: (text: string) => T): WireType<T> {
  return { to: from[0]!, from, serialize: sendAsIs, parse };
}

function arrayOf<T>(from: number[], parseItem: (text: string) => T) {
  return wireType(from, (text) => parseArrayLiteral(text, parseItem));
}

const parseBoolean = (text: string) => text === 't';
const parseText = (text: string) => text;
/** Times without a time zone are UTC; Date would read them as local time. */
const parseTimestamp = (text: string) => new Date(`${text.replace(' ', 'T')}Z`);
const parseDate = (text: string) => new Date(`${text}T00:00:00Z`);

/**
 * How column types are parsed, by the OIDs of pg_type. 8-byte integers and numeric remain text, because a number may
 * not hold them exactly; so do all types that are not listed.
 */
const WIRE_TYPES = {
  number: wireType([701, 700, 21, 23, 26], Number),
  boolean: wireType([16], parseBoolean),
  json: wireType([114, 3802], (text): unknown => JSON.parse(text)),
  bytea: wireType([17], (text) => Buffer.from(text.slice(2), 'hex')),
  timestamptz: wireType([1184], parseTimestampText),
  timestamp: wireType([1114], parseTimestamp),
  date: wireType([1082], parseDate),
  numberArray: arrayOf([1022, 1021, 1005, 1007], Number),
  booleanArray: arrayOf([1000], parseBoolean),
  textArray: arrayOf([1009, 1015, 1016, 1231], parseText),
  timestamptzArray: arrayOf([1185], parseTimestampText),
};

/** What a session is started with. */
export interface SessionOptions {
  user: string;
  password: string;
  database: string;
  /** Settings that the session starts with. */
  startup: Record<string, string>;
}

/** Options that make the driver use one socket, which is already open, and never another one. */
export function toClientOptions(socket: Duplex, options: SessionOptions): Options<Record<string, never>> {
  let unused: Duplex | undefined = socket;
  const client = {
    host: 'database', // only shown in the driver's own messages
    port: 5432,
    database: options.database,
    user: options.user,
    pass: options.password,
    ssl: false,
    max: 1,
    prepare: false, // prepared statements do not work through pgbouncer's transaction pooling
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
