import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatManPage } from '../src/commands/framework/manual/man-page.js';
import { readManual } from '../src/commands/framework/manual/read-manual.js';
import { declareProgram } from '../src/commands/commands.js';

/** Writes the manual page, which `man chartctl` shows after `npm install -g`. */
export function writeManPage(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, formatManPage(readManual(declareProgram())));
}
