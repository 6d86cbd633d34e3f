import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatManPage } from '../src/cli/manual/man-page.js';
import { declareAll } from '../src/commands/declare-all.js';
import { readManual } from '../src/commands/read-manual.js';

/** Writes what `man chartctl` shows after `npm install -g`. */
export function writeManPage(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, formatManPage(readManual(declareAll())));
}
