import { KnexDialect } from '../../../src/database/connection/knex-dialect.js';
import { PostgresConnection } from '../../../src/database/connection/postgres-connection.js';

/** One statement, or several in one message, as the program sent it. */
export interface RecordedStatement {
  /** With `$1` for parameters; the statements of COPY have literals. */
  text: string;
  parameters: readonly (string | null)[];
  /** Where the program made it. */
  site: Place | undefined;
}

/** A place in the program as V8 names it: in the transpiled sources when tests run by tests/run.ts. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** What a statement is built from: `raw` and the query builder of Knex. */
interface Builder {
  toSQL: (...options: unknown[]) => object;
}

interface Patched {
  raw: (...args: unknown[]) => Builder;
  queryBuilder: (...args: unknown[]) => Builder;
  _query: (connection: PostgresConnection, query: WithSite) => Promise<unknown>;
  _stream: (connection: PostgresConnection, query: WithSite, ...rest: unknown[]) => Promise<void>;
}

interface WithSite {
  [SITE]?: Place | undefined;
}

const SITE = Symbol('site');

/** The folders whose code makes statements. */
const PROGRAM_FRAME = /\(?(?:file:\/\/)?(\/[^()]*\/(?:src|migrations)\/[^()]+\.[jt]s):(\d+):(\d+)\)?$/;
/** They pass on statements that others made. */
const CARRIERS = /\/src\/database\/(?:copy|connection\/[^/]+)\.[jt]s$/;

/**
 * Records every statement that the program sends over its driver until `stop`, with the place that made it.
 *
 * `reached` holds each place that called `raw` or the query builder. The program is not changed: methods of the dialect
 * and of the connection are replaced in this process.
 */
export function recordStatements(): { statements: RecordedStatement[]; reached: Place[]; stop: () => void } {
  const statements: RecordedStatement[] = [];
  const reached: Place[] = [];
  let current: Place | undefined;
  const dialect = KnexDialect.prototype as unknown as Patched;
  const connection = PostgresConnection.prototype;

  const locate = (builder: Builder): Builder => {
    const site = findPlace();
    if (site) reached.push(site);
    const toSQL = builder.toSQL.bind(builder);
    return Object.assign(builder, {
      toSQL: (...options: unknown[]) => Object.assign(toSQL(...options), { [SITE]: site }),
    });
  };
  const during = <T>(site: Place | undefined, send: () => T): T => {
    current = site;
    try {
      return send();
    } finally {
      current = undefined;
    }
  };
  const add = (text: string, parameters: readonly (string | null)[]) => {
    statements.push({ text, parameters, site: current ?? findPlace() });
  };
  const restore = [
    replace(
      dialect,
      'raw',
      (original) =>
        function (this: Patched, ...args) {
          return locate(original.apply(this, args));
        },
    ),
    replace(
      dialect,
      'queryBuilder',
      (original) =>
        function (this: Patched, ...args) {
          return locate(original.apply(this, args));
        },
    ),
    replace(
      dialect,
      '_query',
      (original) =>
        function (this: Patched, to, query) {
          return during(query[SITE], () => original.call(this, to, query));
        },
    ),
    replace(
      dialect,
      '_stream',
      (original) =>
        function (this: Patched, to, query, ...rest) {
          return during(query[SITE], () => original.call(this, to, query, ...rest));
        },
    ),
    replace(
      connection,
      'run',
      (original) =>
        function (this: PostgresConnection, text, parameters) {
          add(text, parameters);
          return original.call(this, text, parameters);
        },
    ),
    replace(
      connection,
      'stream',
      (original) =>
        function (this: PostgresConnection, text, parameters, size) {
          add(text, parameters);
          return original.call(this, text, parameters, size);
        },
    ),
    replace(
      connection,
      'copyIn',
      (original) =>
        function (this: PostgresConnection, text, chunks) {
          add(text, []);
          return original.call(this, text, chunks);
        },
    ),
    replace(
      connection,
      'copyOut',
      (original) =>
        function (this: PostgresConnection, text, onRow) {
          add(text, []);
          return original.call(this, text, onRow);
        },
    ),
  ];
  return { statements, reached, stop: () => restore.forEach((undo) => undo()) };
}

/** Replaces a method of a prototype and returns what restores it. */
function replace<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  wrap: (original: T[K]) => T[K],
): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, {
    value: wrap(prototype[name]),
    configurable: true,
    writable: true,
  });
  return () => {
    if (own) Object.defineProperty(prototype, name, own);
    else delete prototype[name];
  };
}

/** The innermost place of the program on the stack that makes statements. */
function findPlace(): Place | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  for (const frame of stack.split('\n')) {
    const [, file = '', line, column] = PROGRAM_FRAME.exec(frame) ?? [];
    if (file === '' || CARRIERS.test(file)) continue;
    return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}
