#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

/**
 * Starts the bundled program from what the build compiled beforehand: cron pays for compiling every minute.
 *
 * That holds for the very Node that built it; another compiles the program itself and, from Node 22 on, remembers it.
 * So it is with `--enable-source-maps`, which names the lines of our sources in stack traces: Node reads the map only
 * of what it loads itself.
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

function runCompiled(cachedData: Buffer): void {
  const script = new Script(Module.wrap(readFileSync(program, 'utf8')), {
    filename: program,
    cachedData,
  });
  const module = { exports: {} };
  const start = script.runInThisContext() as (...scope: unknown[]) => void;
  start.call(module.exports, module.exports, require, module, program, __dirname);
}
