import { formatDuration } from '../core/duration.js';
import { cutToWidth, displayWidth, formatCount } from './text.js';

/** The progress of a command with one symbol. */
export interface ProgressUpdate {
  symbol: string;
  done: number;
  total: number;
  unit: string;
}

/** The progress over all symbols at one time. */
interface Estimate {
  /** From 0 to 1; each symbol counts the same, since the totals of those that have not begun are not known. */
  share: number;
  /** Units a second over the recent window; undefined before it can be known. */
  unitsPerSecond: number | undefined;
  /** Undefined before it can be known, and while nothing advances. */
  secondsLeft: number | undefined;
}

/** The rate is that of so much time. */
const WINDOW_MS = 30_000;
/** A window holds so many advances at least, as far as there are any: a batch may take longer than the window. */
const MIN_ADVANCES = 3;
/** Samples are this far apart. */
const SAMPLE_MS = 200;
/** A rate over less time says nothing. */
const MIN_RATE_MS = 1_000;
/** The time left is estimated after so much time and so many advances. */
const [MIN_ESTIMATE_MS, MIN_ESTIMATE_ADVANCES] = [3_000, 2];

/** What `minutes` are called where their number a second is said: each has one candle. */
const UNIT_NAMES: Readonly<Record<string, string>> = { minutes: 'candles' };

interface Sample {
  at: number;
  units: number;
  share: number;
}

/** Collects the progress of a command's symbols, for a line about all of them. */
export class ProgressState {
  readonly #shares = new Map<string, number>();
  readonly #units = new Map<string, number>();
  readonly #finished = new Set<string>();
  readonly #samples: Sample[];
  #unit: string | undefined;
  #unitsDone = 0;
  #shareSum = 0;

  /** @param symbols the number of symbols that are processed */
  constructor(
    readonly symbols: number,
    readonly startMs: number,
  ) {
    this.#samples = [{ at: startMs, units: 0, share: 0 }];
  }

  /** The number of symbols that were processed. */
  get finished(): number {
    return this.#finished.size;
  }

  /** Units that were processed, such as minutes; 0 for a command that does not count them. */
  get unitsDone(): number {
    return this.#unitsDone;
  }

  /** Takes the progress of a symbol; a smaller `done` than before begins another step of the same symbol. */
  update({ symbol, done, total, unit }: ProgressUpdate, nowMs: number): void {
    this.#unit = unit;
    const before = this.#units.get(symbol) ?? 0;
    this.#unitsDone += done >= before ? done - before : done;
    this.#units.set(symbol, done);
    if (total > 0) this.#setShare(symbol, Math.min(1, done / total));
    this.#sample(nowMs);
  }

  /** Counts a symbol as processed, whether it succeeded or not. */
  finish(symbol: string, nowMs: number): void {
    this.#finished.add(symbol);
    this.#setShare(symbol, 1);
    this.#sample(nowMs);
  }

  /** `7 of 20 symbols`, `41 %`, `38,000 candles/s`, `40 s left`: in at most `width` cells, the least important go first. */
  describe(nowMs: number, width: number): string {
    const { share, unitsPerSecond, secondsLeft } = this.estimate(nowMs);
    return fitParts(
      [
        { text: `${formatCount(this.finished)} of ${this.#formatSymbols()}`, importance: 4 },
        { text: formatShare(share), importance: 3 },
        { text: this.#formatRate(unitsPerSecond), importance: 1 },
        { text: secondsLeft === undefined ? undefined : `${formatEstimate(secondsLeft)} left`, importance: 2 },
      ],
      width,
    );
  }

  /** The rate and the time left of a single symbol. */
  describeRate(nowMs: number): { rate: string | undefined; left: string | undefined } {
    const { unitsPerSecond, secondsLeft } = this.estimate(nowMs);
    return {
      rate: this.#formatRate(unitsPerSecond),
      left: secondsLeft === undefined ? undefined : `${formatEstimate(secondsLeft)} left`,
    };
  }

  /** `20 of 20 symbols, 28,800 candles, 9,600 candles/s, 3.0 s`: what was done, with the rate over all of it. */
  summarize(nowMs: number, width: number): string {
    const seconds = (nowMs - this.startMs) / 1000;
    const [name] = this.#units.keys();
    const subject = this.symbols === 1 && name ? name : `${formatCount(this.finished)} of ${this.#formatSymbols()}`;
    const unit = this.#unitName();
    return fitParts(
      [
        { text: subject, importance: 4 },
        { text: unit && `${formatCount(this.#unitsDone)} ${unit}`, importance: 2 },
        { text: seconds > 0 ? this.#formatRate(this.#unitsDone / seconds) : undefined, importance: 1 },
        { text: `${seconds.toFixed(1)} s`, importance: 3 },
      ],
      width,
    );
  }

  estimate(nowMs: number): Estimate {
    const share = this.symbols > 0 ? Math.min(1, this.#shareSum / this.symbols) : 1;
    const first = this.#windowStart(nowMs);
    const passedMs = nowMs - first.at;
    if (passedMs < MIN_RATE_MS) return { share, unitsPerSecond: undefined, secondsLeft: undefined };
    const unitsPerSecond = this.#unit === undefined ? undefined : ((this.#unitsDone - first.units) * 1000) / passedMs;
    const advance = share - first.share;
    const isEarly = nowMs - this.startMs < MIN_ESTIMATE_MS || this.#samples.length <= MIN_ESTIMATE_ADVANCES;
    const secondsLeft = isEarly || advance <= 0 || share >= 1 ? undefined : ((1 - share) * passedMs) / advance / 1000;
    return { share, unitsPerSecond, secondsLeft };
  }

  #setShare(symbol: string, share: number): void {
    const before = this.#shares.get(symbol) ?? 0;
    if (share <= before) return;
    this.#shares.set(symbol, share);
    this.#shareSum += share - before;
  }

  #sample(nowMs: number): void {
    const sample = { at: nowMs, units: this.#unitsDone, share: this.#shareSum / this.symbols };
    const last = this.#samples.at(-1)!;
    if (nowMs - last.at < SAMPLE_MS && this.#samples.length > 1) {
      // the earlier time stays: samples that follow each other closely would otherwise never become one
      Object.assign(last, { units: sample.units, share: sample.share });
      return;
    }
    this.#samples.push(sample);
    while (this.#samples.length > MIN_ADVANCES + 1 && this.#samples[1]!.at <= nowMs - WINDOW_MS) this.#samples.shift();
  }

  /** The newest sample that is as old as the window, or older where there were few advances. */
  #windowStart(nowMs: number): Sample {
    const newest = Math.max(0, this.#samples.length - 1 - MIN_ADVANCES);
    const within = this.#samples.findLastIndex(({ at }) => at <= nowMs - WINDOW_MS);
    return this.#samples[Math.max(0, Math.min(newest, within))]!;
  }

  #formatSymbols(): string {
    return this.symbols === 1 ? '1 symbol' : `${formatCount(this.symbols)} symbols`;
  }

  #unitName(): string | undefined {
    return this.#unit === undefined ? undefined : (UNIT_NAMES[this.#unit] ?? this.#unit);
  }

  #formatRate(unitsPerSecond: number | undefined): string | undefined {
    const unit = this.#unitName();
    if (unitsPerSecond === undefined || unit === undefined) return undefined;
    return `${formatCount(roundRate(unitsPerSecond))} ${unit}/s`;
  }
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
