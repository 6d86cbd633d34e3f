/**
 * What pgbouncer says when it ends a connection, and what that is called here: it gives the SQLSTATE of a broken
 * protocol to nearly all of it.
 */
const CODES: readonly (readonly [words: RegExp, code: string])[] = [
  [/in statement pooling mode/, 'POOLER_MODE'],
  [/unsupported startup parameter/, 'POOLER_SETTING'],
  [/query_wait_timeout|no more connections allowed/, 'POOLER_FULL'],
  [/^no such database|^database ".*" does not exist/, '3D000'],
];

const BROKEN_PROTOCOL = '08P01';

/** The code of what a pooler said; undefined for anything else. */
export function toPoolerCode({ code, message }: { code: string; message: string }): string | undefined {
  return code === BROKEN_PROTOCOL ? CODES.find(([words]) => words.test(message))?.[1] : undefined;
}
