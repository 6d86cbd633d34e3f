/** The exchange's time in a test: it stands still until somebody moves it or lets it run. */
export interface VirtualClock {
  now(): number;
  set(timeMs: number): void;
  advance(durationMs: number): void;
  /** Goes on by itself from here, `speed` times as fast as real time. */
  run(speed?: number): void;
  /** Stands still from here. */
  freeze(): void;
}

export function virtualClock(startMs: number): VirtualClock {
  let base = startMs;
  let since = performance.now();
  let pace = 0;
  const now = () => Math.floor(base + (performance.now() - since) * pace);
  const rebase = (timeMs: number, speed: number) => {
    [base, since, pace] = [timeMs, performance.now(), speed];
  };
  return {
    now,
    set: (timeMs) => rebase(timeMs, pace),
    advance: (durationMs) => rebase(now() + durationMs, pace),
    run: (speed = 1) => rebase(now(), speed),
    freeze: () => rebase(now(), 0),
  };
}
