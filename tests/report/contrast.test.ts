import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { group } from '../harness/group.js';

const STYLE = readFileSync('src/report/page/page.css', 'utf8');
const COLORS = new Map(
  [...STYLE.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => {
    return [name!, { light: light!, dark: dark! }] as const;
  }),
);

/** What is read, with the grounds that it is read on. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  text: ['ground', 'surface', 'raised'],
  muted: ['ground', 'surface', 'raised'],
  accent: ['ground', 'surface'],
  surface: ['accent'],
  good: ['good-ground'],
  bad: ['bad-ground'],
  flag: ['surface'],
  threshold: ['surface'],
  'on-grade': ['grade-1', 'grade-2', 'grade-3', 'grade-4'],
};
const MARKS = ['binance', 'backfill', 'fallback', 'gap', 'flag', 'ink-1', 'ink-2', 'ink-3', 'ink-4'];

/** Relative luminance of a colour such as `#1b2430`, 0 to 1 (WCAG 2.2). */
function luminanceOf(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrastOf(name: string, ground: string, scheme: 'light' | 'dark'): number {
  const [a, b] = [name, ground].map((color) => luminanceOf(COLORS.get(color)![scheme])) as [number, number];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

group("the page's colours", (test) => {
  for (const scheme of ['light', 'dark'] as const) {
    test(`every text can be read on its ground in the ${scheme} colours: a contrast of 4.5`, () => {
      for (const [name, grounds] of Object.entries(TEXTS)) {
        for (const ground of grounds) {
          const contrast = contrastOf(name, ground, scheme);
          assert.ok(contrast >= 4.5, `${name} on ${ground}: ${contrast.toFixed(2)}`);
        }
      }
    });

    test(`every mark of the chart can be seen in the ${scheme} colours: a contrast of 3`, () => {
      for (const name of MARKS) {
        const contrast = contrastOf(name, 'surface', scheme);
        assert.ok(contrast >= 3, `${name}: ${contrast.toFixed(2)}`);
      }
    });
  }
});
