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

interface Sample {
  at: number;
  units: number;
  share: number;
}

/** Collects the progress of a command's symbols, and estimates how long the rest takes. */
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

  /** The symbol that advanced first. */
  get first(): string | undefined {
    const [name] = this.#units.keys();
    return name;
  }

  /** The unit of the last advance. */
  get unit(): string | undefined {
    return this.#unit;
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

  /** @param nowMs on the clock of `startMs` */
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
}
