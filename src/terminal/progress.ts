import type { JsonLog } from './json.js';
import type { ProgressUpdate } from './progress-state.js';
import { formatCount } from './text.js';

/** Shows progress on stderr while a command works; messages go through it so that bars are not torn apart. */
export interface ProgressDisplay {
  /** Receives the symbols that are processed, before the first of them. */
  begin: (symbols: readonly string[]) => void;
  update: (progress: ProgressUpdate) => void;
  /** Receives each symbol that was processed, whether it succeeded or not. */
  finish: (symbol: string) => void;
  message: (text: string) => void;
  stop: () => void;
}

const REPORT_INTERVAL_MS = 30_000;
const NOTHING_SHOWN = { begin: () => undefined, finish: () => undefined, stop: () => undefined };

/** Messages without progress. */
export function createMessageDisplay(stream: NodeJS.WritableStream): ProgressDisplay {
  return { ...NOTHING_SHOWN, update: () => undefined, message: (text) => void stream.write(text) };
}

/** A line for each unfinished symbol every 30 s: for logs. */
export function createPlainProgress(
  stream: NodeJS.WritableStream,
  command: string,
  intervalMs = REPORT_INTERVAL_MS,
): ProgressDisplay {
  const report = (progress: ProgressUpdate) => void stream.write(`${command} ${describeProgress(progress)}\n`);
  return { ...createPeriodicProgress(report, intervalMs), message: (text) => void stream.write(text) };
}

/** As `createPlainProgress`, with one JSON object a line. */
export function createJsonProgress(log: JsonLog, intervalMs = REPORT_INTERVAL_MS): ProgressDisplay {
  const report = (progress: ProgressUpdate) =>
    void log.log({ level: 'info', message: describeProgress(progress), ...progress });
  return { ...createPeriodicProgress(report, intervalMs), message: (text) => void log.write(text) };
}

/** Calls `report` for each unfinished symbol in every interval. */
function createPeriodicProgress(
  report: (progress: ProgressUpdate) => void,
  intervalMs: number,
): Omit<ProgressDisplay, 'message'> {
  const unfinished = new Map<string, ProgressUpdate>();
  const timer = setInterval(() => {
    for (const progress of unfinished.values()) report(progress);
  }, intervalMs);
  timer.unref();
  return {
    ...NOTHING_SHOWN,
    update: (progress) => {
      if (progress.done < progress.total) unfinished.set(progress.symbol, progress);
      else unfinished.delete(progress.symbol);
    },
    stop: () => clearInterval(timer),
  };
}

function describeProgress({ symbol, done, total, unit }: ProgressUpdate): string {
  const share = Math.floor((100 * done) / total);
  return `${symbol}: ${formatCount(done)} of ${formatCount(total)} ${unit} (${share} %)`;
}
