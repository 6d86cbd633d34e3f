/** For a Node that soon ends again: it compiles PGlite quickly instead of well, which saves more than it costs. */
export const NODE_FLAGS: readonly string[] = ['--liftoff-only'];
