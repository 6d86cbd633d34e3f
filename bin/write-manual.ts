/** Brings the parts of README.md up to date that repeat what the program declares: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fillReadme } from '../src/cli/manual/fill-readme.js';
import { declareAll } from '../src/commands/declare-all.js';
import { readManual } from '../src/commands/read-manual.js';

const README = 'README.md';
writeFileSync(README, fillReadme(readFileSync(README, 'utf8'), readManual(declareAll())));
