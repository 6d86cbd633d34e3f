import type { MultiBar, Options, SingleBar } from 'cli-progress';
import type { JsonLog } from './json.js';
import { formatCell } from './table.js';

/** The progress of a command with one symbol. */
interface ProgressUpdate {
  symbol: string;
  done: number;
  total: number;
  unit: string;
}

/** Shows progress on stderr while a command works; messages go through it so that bars are not torn apart. */
export interface ProgressDisplay {
  update: (progress: ProgressUpdate) => void;
  message: (text: string) => void;
  stop: () => void;
}

const REPORT_INTERVAL_MS = 30_000;

/** Messages without progress. */
export function createMessageDisplay(stream: NodeJS.WritableStream): ProgressDisplay {
  return { update: () => undefined, message: (text) => void stream.write(text), stop: () => undefined };
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
    update: (progress) => {
      if (progress.done < progress.total) unfinished.set(progress.symbol, progress);
      else unfinished.delete(progress.symbol);
    },
    stop: () => clearInterval(timer),
  };
}

function describeProgress({ symbol, done, total, unit }: ProgressUpdate): string {
  const share = Math.floor((100 * done) / total);
  return `${symbol}: ${formatCell(done)} of ${formatCell(total)} ${unit} (${share} %)`;
}

/** A bar for each symbol that is being processed; the bar of a finished one is removed. */
export async function createBarProgress(stream: NodeJS.WritableStream): Promise<ProgressDisplay> {
  const { default: cliProgress } = await import('cli-progress');
  const options: Options = {
    stream,
    format: '{symbol} {bar} {percentage} % | {value} of {total} {unit} | {eta_formatted} left',
    formatTime: (seconds) => formatSeconds(Number(seconds)),
    formatValue: (value) => formatCell(Number(value)),
    // fits 80 columns; the terminal's wrapping stays on, so that a killed process does not leave it off
    barsize: 20,
    linewrap: true,
    clearOnComplete: true,
    gracefulExit: false,
  };
  const bars = new Map<string, SingleBar>();
  let multi: MultiBar | undefined;
  return {
    update: ({ symbol, done, total, unit }) => {
      if (total <= 0) return;
      multi ??= new cliProgress.MultiBar(options, cliProgress.Presets.shades_classic);
      let bar = bars.get(symbol);
      if (!bar && done < total) bars.set(symbol, (bar = multi.create(total, done, { symbol, unit })));
      if (!bar) return;
      bar.setTotal(total);
      bar.update(done, { symbol, unit });
      if (done >= total && multi.remove(bar)) bars.delete(symbol);
    },
    message: (text) => {
      if (!multi || bars.size === 0) return void stream.write(text);
      multi.log(text);
      multi.update();
    },
    stop: () => multi?.stop(),
  };
}

/** `2 min`: an estimate in coarse steps; `?` before there is one. */
function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  return seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
