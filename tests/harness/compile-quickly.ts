/**
 * With this, V8 compiles PGlite quickly instead of well, which saves a process that soon ends more than it costs.
 * For processes with an embedded database only: with it V8 does not accept what the build compiled beforehand.
 */
export const COMPILE_QUICKLY = '--liftoff-only';
