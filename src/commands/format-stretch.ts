import { formatRange } from '../core/range.js';
import type { ComparedStretch } from '../quality/describe-stretches.js';

/**
 * A stretch of differing minutes on one line.
 *
 * @example 'revised 2021-04-22T02:09Z..2021-04-22T02:25Z (16 min): close up to +0.13 % off, volume 0.88 of the exchange's'
 */
export function formatStretch({ class: name, closeDifferencePercent, ...stretch }: ComparedStretch): string {
  const range = `${name} ${formatRange(stretch)}`;
  if (closeDifferencePercent === null) return range;
  const difference =
    closeDifferencePercent === 0 ? 'close equal' : `close up to ${withSign(closeDifferencePercent)} % off`;
  const figures = [difference];
  if (name === 'wrong_market') figures.push(`${withSign(stretch.closeOffsetBp ?? 0)} bp in the middle`);
  if (stretch.volumeRatio !== null) figures.push(formatVolumeRatio(stretch.volumeRatio));
  return `${range}: ${figures.join(', ')}`;
}

function formatVolumeRatio(ratio: number): string {
  const share = ratio > 0 && ratio < 0.1 ? `1/${Math.round(1 / ratio)}` : String(Number(ratio.toPrecision(3)));
  return `volume ${share} of the exchange's`;
}

function withSign(value: number): string {
  return `${value > 0 ? '+' : ''}${Number(value.toPrecision(2))}`;
}
