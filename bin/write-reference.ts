/** Updates the generated parts of README.md and src/commands/README.md: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { declareProgram } from '../src/commands/commands.js';
import { readManual } from '../src/commands/framework/manual/read-manual.js';
import { fillBlocks, fillReference } from '../src/commands/framework/manual/reference.js';

const manual = readManual(declareProgram());
for (const [path, fill] of [
  ['README.md', fillBlocks],
  ['src/commands/README.md', fillReference],
] as const) {
  writeFileSync(path, fill(readFileSync(path, 'utf8'), manual));
}
