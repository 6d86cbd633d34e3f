import type { MultiBar, Options, SingleBar } from 'cli-progress';
import type { Writable } from 'node:stream';
import type { JsonLog } from './json.js';
import { formatCell } from './table.js';

/** How far a command has come with one symbol. */
export interface ProgressUpdate {
  symbol: string;
  done: number;
  total: number;
  unit: string;
}

/** Shows progress on stderr while a command works; messages go through it so that bars stay whole. */
export interface ProgressDisplay {
  update: (progress: ProgressUpdate) => void;
  message: (text: string) => void;
  stop: () => void;
}

const PLAIN_INTERVAL_MS = 30_000;

/** Nothing but messages. */
export function createMessageDisplay(stream: Writable): ProgressDisplay {
  return { update: () => undefined, message: (text) => void stream.write(text), stop: () => undefined };
}

/** A line for each unfinished symbol every 30 s: for logs. */
export function createPlainProgress(
  stream: Writable,
  command: string,
  intervalMs = PLAIN_INTERVAL_MS,
): ProgressDisplay {
  const tell = (progress: ProgressUpdate) => void stream.write(`${command} ${describeProgress(progress)}\n`);
  return { ...createPeriodicProgress(tell, intervalMs), message: (text) => void stream.write(text) };
}

/** The same for a log that programs read. */
export function createJsonProgress(log: JsonLog, intervalMs = PLAIN_INTERVAL_MS): ProgressDisplay {
  const tell = (progress: ProgressUpdate) =>
    void log.log({ level: 'info', message: describeProgress(progress), ...progress });
  return { ...createPeriodicProgress(tell, intervalMs), message: (text) => void log.write(text) };
}

/** Calls `tell` for each unfinished symbol, again and again. */
function createPeriodicProgress(
  tell: (progress: ProgressUpdate) => void,
  intervalMs: number,
): Omit<ProgressDisplay, 'message'> {
  const unfinished = new Map<string, ProgressUpdate>();
  const timer = setInterval(() => {
    for (const progress of unfinished.values()) tell(progress);
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

/** A bar for each symbol that is being worked on; a finished one makes room. */
export async function createBarProgress(stream: Writable): Promise<ProgressDisplay> {
  const { default: cliProgress } = await import('cli-progress');
  const options: Options = {
    stream,
    format: '{symbol} {bar} {percentage} % | {value} of {total} {unit} | {eta_formatted} left',
    formatTime: (seconds) => formatSeconds(Number(seconds)),
    formatValue: (value) => formatCell(Number(value)),
    // fits 80 columns; the terminal's own wrapping is left alone, so that a killed process leaves nothing behind
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

/** `2 min`: coarse, as guesses are; nothing is guessed before there is something to go by. */
function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  return seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
