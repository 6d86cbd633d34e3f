import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { group } from '../harness/group.js';

const STYLE = readFileSync('src/report/page/page.css', 'utf8');
const COLORS = new Map(
  [...STYLE.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => {
    return [name!, { light: light!, dark: dark! }] as const;
  }),
);

/** The text colours, with the backgrounds on which they are used. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  text: ['background', 'surface', 'raised'],
  muted: ['background', 'surface', 'raised'],
  accent: ['background', 'surface'],
  surface: ['accent'],
  good: ['good-background'],
  bad: ['bad-background'],
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

function contrastOf(name: string, background: string, scheme: 'light' | 'dark'): number {
  const [a, b] = [name, background].map((color) => luminanceOf(COLORS.get(color)![scheme])) as [number, number];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

group("the page's colours", (test) => {
  for (const scheme of ['light', 'dark'] as const) {
    test(`every text has a contrast of at least 4.5 with its background in the ${scheme} scheme`, () => {
      for (const [name, backgrounds] of Object.entries(TEXTS)) {
        for (const background of backgrounds) {
          const contrast = contrastOf(name, background, scheme);
          assert.ok(contrast >= 4.5, `${name} on ${background}: ${contrast.toFixed(2)}`);
        }
      }
    });

    test(`every mark of the chart has a contrast of at least 3 in the ${scheme} scheme`, () => {
      for (const name of MARKS) {
        const contrast = contrastOf(name, 'surface', scheme);
        assert.ok(contrast >= 3, `${name}: ${contrast.toFixed(2)}`);
      }
    });
  }
});
