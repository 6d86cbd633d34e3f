import type { Manual } from './manual.js';
import { formatCommandLinks, formatReadmeBlocks } from './readme-blocks.js';

const END = '<!-- end -->';

/**
 * The README with what repeats the declarations brought up to date: the line of links to the commands, and everything
 * between a pair of markers, `<!-- npm run docs: NAME -->` and `<!-- end -->`.
 *
 * A command's section that has no markers yet gets them at its end. All else stays as it is written.
 */
export function fillReadme(readme: string, manual: Manual): string {
  const linked = readme.replace(/^- \[Commands\]\(#commands\):.*$/m, () => formatCommandLinks(manual, readme));
  return [...formatReadmeBlocks(manual)].reduce(
    (text, [name, block]) => fillBlock(text, manual.name, name, block),
    linked,
  );
}

function fillBlock(text: string, program: string, name: string, block: string): string {
  const begin = `<!-- npm run docs: ${name} -->`;
  const whole = `${begin}\n\n${block}\n\n${END}`;
  const from = text.indexOf(begin);
  if (from === -1) return appendToSection(text, `### ${program} ${name}`, whole);
  const to = text.indexOf(END, from);
  if (to === -1) throw new Error(`README.md: "${begin}" is not followed by "${END}"`);
  return text.slice(0, from) + whole + text.slice(to + END.length);
}

/** The text with a block at the end of a section; unchanged where there is no such section. */
function appendToSection(text: string, heading: string, block: string): string {
  const lines = text.split('\n');
  const headings = findHeadings(lines);
  const at = headings.find((place) => lines[place] === heading);
  if (at === undefined) return text;
  const end = headings.find((place) => place > at) ?? lines.length;
  const section = lines.slice(0, end).join('\n').trimEnd();
  return [section, block, lines.slice(end).join('\n')].join('\n\n').trimEnd() + '\n';
}

/** The lines that are headings: what looks like one inside a block of code is a comment there. */
function findHeadings(lines: readonly string[]): number[] {
  let isCode = false;
  return [...lines.keys()].filter((place) => {
    if (lines[place]!.startsWith('```')) isCode = !isCode;
    return !isCode && /^#{1,3} /.test(lines[place]!);
  });
}
