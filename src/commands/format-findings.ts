import { displayWidth } from '../cli/display-width.js';
import { showControls } from '../cli/show-controls.js';
import type { createPaint } from '../cli/paint.js';
import type { Finding } from '../jobs/doctor/finding.js';

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
/** What stands before a finding beside its name: the state and two gaps. */
const MARGIN = 8;

/**
 * A line for each finding, its remedy below it, and how many there were of each kind.
 *
 * @param columns of the terminal, into which findings are folded; remedies stay whole, for they are copied
 */
export function formatFindings(
  findings: readonly Finding[],
  paint: ReturnType<typeof createPaint>,
  columns = Infinity,
): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(width + MARGIN);
  const lines = findings.flatMap(({ state, check, found, remedy }) => [
    `${paint[COLOURS[state]](state.padEnd(4))}  ${check.padEnd(width)}  ${fold(showControls(found), columns - indent.length).join(`\n${indent}`)}`,
    ...(remedy === undefined ? [] : [`${indent}do: ${showControls(remedy)}`]),
  ]);
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  const summary = `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`;
  return [...lines, '', summary].map((line) => `${line}\n`).join('');
}

/** The text in lines of at most `columns`, broken between words. */
function fold(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && displayWidth(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
