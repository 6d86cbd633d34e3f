import { formatDuration } from '../core/duration.js';
import type { ProgressState } from './progress-state.js';
import { cutToWidth, displayWidth, formatCount } from './text.js';

/** What `minutes` are called where their number a second is said: each has one candle. */
const UNIT_NAMES: Readonly<Record<string, string>> = { minutes: 'candles' };

/** `7 of 20 symbols`, `41 %`, `38,000 candles/s`, `40 s left`: in at most `width` cells, the least important go first. */
export function describeProgress(state: ProgressState, nowMs: number, width: number): string {
  const { rate, left } = describeRate(state, nowMs);
  return fitParts(
    [
      { text: countSymbols(state), importance: 4 },
      { text: formatShare(state.estimate(nowMs).share), importance: 3 },
      { text: rate, importance: 1 },
      { text: left, importance: 2 },
    ],
    width,
  );
}

/** The rate and the time left; undefined before they can be known. */
export function describeRate(
  state: ProgressState,
  nowMs: number,
): { rate: string | undefined; left: string | undefined } {
  const { unitsPerSecond, secondsLeft } = state.estimate(nowMs);
  return {
    rate: formatRate(state, unitsPerSecond),
    left: secondsLeft === undefined ? undefined : `${formatEstimate(secondsLeft)} left`,
  };
}

/** `20 of 20 symbols, 28,800 candles, 9,600 candles/s, 3.0 s`: what was done, with the rate over all of it. */
export function summarizeProgress(state: ProgressState, nowMs: number, width: number): string {
  const seconds = (nowMs - state.startMs) / 1000;
  const unit = unitName(state);
  return fitParts(
    [
      { text: state.symbols === 1 && state.first ? state.first : countSymbols(state), importance: 4 },
      { text: unit && `${formatCount(state.unitsDone)} ${unit}`, importance: 2 },
      { text: seconds > 0 ? formatRate(state, state.unitsDone / seconds) : undefined, importance: 1 },
      { text: `${seconds.toFixed(1)} s`, importance: 3 },
    ],
    width,
  );
}

function countSymbols({ finished, symbols }: ProgressState): string {
  return `${formatCount(finished)} of ${symbols === 1 ? '1 symbol' : `${formatCount(symbols)} symbols`}`;
}

function unitName({ unit }: ProgressState): string | undefined {
  return unit === undefined ? undefined : (UNIT_NAMES[unit] ?? unit);
}

function formatRate(state: ProgressState, unitsPerSecond: number | undefined): string | undefined {
  const unit = unitName(state);
  if (unitsPerSecond === undefined || unit === undefined) return undefined;
  return `${formatCount(roundRate(unitsPerSecond))} ${unit}/s`;
}

/** A part of a line; parts of the lowest importance go first. */
interface Part {
  text: string | undefined;
  importance: number;
}

/** The parts that fit into a width; the last one that is left is cut. */
export function fitParts(parts: readonly Part[], width: number, separator = ', '): string {
  let shown = parts.filter(({ text }) => text !== undefined);
  const join = () => shown.map(({ text }) => text).join(separator);
  while (shown.length > 1 && displayWidth(join()) > width) {
    const least = Math.min(...shown.map(({ importance }) => importance));
    shown = shown.filter(({ importance }) => importance > least);
  }
  return cutToWidth(join(), width);
}

/** `41 %`: rounded down, so that 100 % is all. */
export function formatShare(share: number): string {
  return `${Math.floor(share * 100 + 1e-9)} %`;
}

/** With two digits: more of a rate that changes all the time cannot be read. */
function roundRate(rate: number): number {
  if (rate < 10) return Math.round(rate);
  const step = 10 ** (Math.floor(Math.log10(rate)) - 1);
  return Math.round(rate / step) * step;
}

/** `40 s`, `12 min`, `3 h 20 min`, `2 d 4 h`: an estimate in coarse steps, rounded up. */
function formatEstimate(seconds: number): string {
  const step = seconds <= 20 ? 1 : seconds <= 50 ? 10 : 60;
  return formatDuration(Math.max(1, Math.ceil(seconds / step) * step) * 1000);
}
