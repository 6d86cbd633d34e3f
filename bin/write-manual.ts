/** Brings the parts of README.md up to date that repeat what the program declares: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readManual } from '../src/commands/framework/manual/read-manual.js';
import { fillReadme } from '../src/commands/framework/manual/reference.js';
import { declareProgram } from '../src/commands/commands.js';

const README = 'README.md';
writeFileSync(README, fillReadme(readFileSync(README, 'utf8'), readManual(declareProgram())));
