/** The characters of a sparkline, from the lowest value to the highest, and for what is not there. */
export interface SparkStyle {
  levels: readonly string[];
  none: string;
}

export const BARS: SparkStyle = { levels: [...'▁▂▃▄▅▆▇█'], none: '·' };
export const DIGITS: SparkStyle = { levels: [...'12345678'], none: '.' };

/**
 * One character a value, as high as the value lies between the lowest and the highest one; values that are all the
 * same lie in the middle.
 *
 * @param bottom what the lowest character stands for, if not the lowest value: 0 for quantities
 */
export function drawSparkline(
  values: readonly (number | null)[],
  { levels, none }: SparkStyle,
  bottom?: number,
): string {
  const [lowest, highest] = extremesOf(values) ?? [0, 0];
  const low = Math.min(bottom ?? lowest, lowest);
  const step = (highest - low) / levels.length;
  const characterOf = (value: number) => {
    const level = step > 0 ? Math.floor((value - low) / step) : Math.floor(levels.length / 2) - 1;
    return levels[Math.min(level, levels.length - 1)]!;
  };
  return values.map((value) => (value === null ? none : characterOf(value))).join('');
}

/** What the characters mean. */
export function describeSparkline({ levels, none }: SparkStyle): string {
  return `${levels[0]!} lowest to ${levels.at(-1)!} highest  ${none} no row`;
}

/** The lowest and the highest of the values that are there; undefined when none is. */
export function extremesOf(values: readonly (number | null)[]): [lowest: number, highest: number] | undefined {
  const found = values.filter((value) => value !== null);
  return found.length > 0 ? [Math.min(...found), Math.max(...found)] : undefined;
}
