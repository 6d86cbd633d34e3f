import type { MultiBar, Options, Params, SingleBar } from 'cli-progress';
import type { ProgressDisplay } from './progress.js';
import { ProgressState, type ProgressUpdate } from './progress-state.js';
import { describeProgress, describeRate, fitParts, formatShare, summarizeProgress } from './progress-text.js';
import { ProgressTerminal } from './progress-terminal.js';
import { displayWidth, formatCount, padToWidth } from './text.js';

/** With more symbols there is one line for all of them, and no bar for each. */
const MAX_BARS = 8;
const BAR_CELLS = 20;
/** A command that counts no units shows its symbols when it has taken so long. */
const SHOW_AFTER_MS = 1_000;

interface BarOptions {
  /** The clock; for tests. */
  now?: () => number;
}

/**
 * On a terminal: one line for all symbols with what is done, the rate and the time left, and under it a bar for each
 * symbol that is being processed, of at most eight; the bar of a finished one is removed. A single symbol has its bar
 * alone. A line that sums up stays.
 */
export async function createBarProgress(
  stream: NodeJS.WritableStream,
  { now = Date.now }: BarOptions = {},
): Promise<ProgressDisplay> {
  const { default: cliProgress } = await import('cli-progress');
  const terminal = new ProgressTerminal(stream);
  const options: Options & { terminal: ProgressTerminal } = {
    ...cliProgress.Presets.shades_classic,
    stream,
    terminal,
    barsize: BAR_CELLS,
    linewrap: true,
    clearOnComplete: true,
    // a line that has not changed may have been torn by a new width
    forceRedraw: true,
    gracefulExit: false,
  };
  const bars = new Map<string, SingleBar>();
  let state: ProgressState | undefined;
  let symbolWidth = 0;
  let multi: MultiBar | undefined;
  let timer: NodeJS.Timeout | undefined;

  const drawBar = (
    { barCompleteString = '', barIncompleteString = '' }: Options,
    { progress, value, total }: Params,
    payload: { symbol: string; unit: string },
  ) => {
    const cells = Math.round(progress * BAR_CELLS);
    const bar = barCompleteString.slice(0, cells) + barIncompleteString.slice(0, BAR_CELLS - cells);
    const { rate, left } = state!.symbols === 1 ? describeRate(state!, now()) : { rate: undefined, left: undefined };
    const width = terminal.getWidth();
    const share = formatShare(progress);
    const count = `${formatCount(value)} of ${formatCount(total)} ${payload.unit}`;
    const symbol = padToWidth(payload.symbol, symbolWidth);
    // the bar goes before the numbers do
    const hasRoom = displayWidth(`${symbol} ${bar} ${share}`) <= width;
    return fitParts(
      [
        { text: `${symbol} ${hasRoom ? `${bar} ` : ''}${share}`, importance: 4 },
        { text: count, importance: 2 },
        { text: rate, importance: 1 },
        { text: left, importance: 3 },
      ],
      width,
      ' | ',
    );
  };
  const show = () => {
    clearTimeout(timer);
    if (multi || !state) return;
    multi = new cliProgress.MultiBar(options);
    const format = () => describeProgress(state!, now(), terminal.getWidth());
    if (state.symbols !== 1) multi.create(state.symbols, 0, {}, { format });
  };
  const begin = (symbols: readonly string[]) => {
    state = new ProgressState(symbols.length, now());
    symbolWidth = Math.max(0, ...symbols.map(displayWidth));
    if (symbols.length > 1) timer = setTimeout(show, SHOW_AFTER_MS).unref();
  };
  const removeBar = (symbol: string) => {
    const bar = bars.get(symbol);
    if (bar && multi?.remove(bar)) bars.delete(symbol);
  };
  return {
    begin,
    update: (progress: ProgressUpdate) => {
      const { symbol, done, total, unit } = progress;
      if (total <= 0) return;
      if (!state) begin([symbol]);
      state!.update(progress, now());
      if (state!.symbols > 1) show();
      const bar = bars.get(symbol);
      if (done >= total) return removeBar(symbol);
      if (bar) {
        bar.setTotal(total);
        bar.update(done, { symbol, unit });
      } else if (state!.symbols <= MAX_BARS) {
        show();
        bars.set(symbol, multi!.create(total, done, { symbol, unit }, { format: drawBar }));
      }
    },
    finish: (symbol) => {
      state?.finish(symbol, now());
      removeBar(symbol);
    },
    message: (text) => {
      if (!multi) return void stream.write(text);
      multi.log(text);
      multi.update();
    },
    stop: () => {
      clearTimeout(timer);
      if (!multi || !state) return;
      multi.stop();
      multi = undefined;
      stream.write(`${summarizeProgress(state, now(), terminal.getWidth())}\n`);
    },
  };
}
