/** The exchange's clock in a test: stopped until it is set, advanced or started. */
export interface VirtualClock {
  now(): number;
  set(timeMs: number): void;
  advance(durationMs: number): void;
  /** Runs from now on, `speed` times as fast as real time. */
  run(speed?: number): void;
  /** Stops. */
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
