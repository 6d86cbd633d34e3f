import { ASCII, BLOCKS, type StripStyle } from './coverage-strip.js';
import type { Screen } from './screen.js';
import { BARS, DIGITS, type SparkStyle } from './sparkline.js';

/** With which characters strips and sparklines are drawn, and on what. */
export interface Drawing {
  strip: StripStyle;
  spark: SparkStyle;
  /** Undefined in a pipe or a file. */
  screen: Screen | undefined;
}

/** Plain characters where they are asked for (`--ascii`) and on a terminal that has no others. */
export function chooseDrawing(screen: Screen | undefined, isAscii = false): Drawing {
  const isPlain = isAscii || screen?.isUnicode === false;
  return isPlain ? { strip: ASCII, spark: DIGITS, screen } : { strip: BLOCKS, spark: BARS, screen };
}

/** A title and what the characters under it mean: on one line, or as many as the width asks for. */
export function formatLegend(title: string, legend: string, columns: number): string[] {
  const line = `${title}: ${legend}`;
  if (line.length <= columns) return [line];
  const lines: string[] = [];
  for (const part of legend.split('  ')) {
    const longer = `${lines.at(-1) ?? ''}  ${part}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return [title, ...lines];
}
