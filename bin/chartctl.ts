#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

/**
 * Starts the bundled program from V8's code cache, which the build made: compiling it at each start is slow, and cron
 * starts it every minute.
 *
 * The cache is valid only for the Node that built it; another Node compiles the program and, from version 22 on, caches
 * it. The same with `--enable-source-maps`: Node reads source maps only of files that it loads itself.
 */
const program = join(__dirname, 'program.js');
const require = createRequire(program);
const compiled = process.sourceMapsEnabled
  ? undefined
  : readCompiled(`${program}.${process.version}-${process.platform}-${process.arch}`);
if (compiled) runCompiled(compiled);
else {
  (Module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
  require(program);
}

function readCompiled(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined; // built by another Node
  }
}

/** The program is ASCII: read as Latin 1 it has one byte a character in memory, and needs no decoding. */
function runCompiled(cachedData: Buffer): void {
  const script = new Script(Module.wrap(readFileSync(program, 'latin1')), {
    filename: program,
    cachedData,
  });
  const module = { exports: {} };
  const start = script.runInThisContext() as (...scope: unknown[]) => void;
  start.call(module.exports, module.exports, require, module, program, __dirname);
}
