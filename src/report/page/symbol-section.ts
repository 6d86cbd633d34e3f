import { MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { SymbolChart } from './chart/symbol-chart.js';
import { Overview } from './overview.js';
import { readRows, type PageRows } from './page-rows.js';
import { readPalette, type Palette } from './palette.js';
import { RowReadout } from './row-readout.js';

/** A section's chart and what belongs to it. */
interface OpenSection {
  chart: SymbolChart;
  overview: Overview;
  /** Puts the crosshair on a minute, shows its row, and reads it aloud. */
  goTo: (minute: number) => void;
}

/** One symbol's section; its rows are unpacked and its chart is created when it is shown for the first time. */
export class SymbolSection {
  #opening: Promise<OpenSection | null> | undefined;
  #opened: OpenSection | null = null;

  constructor(readonly element: HTMLElement) {}

  show(isShown: boolean): void {
    this.element.hidden = !isShown;
    if (isShown) this.#opening ??= openChart(this.element).then((opened) => (this.#opened = opened));
  }

  /** Shows a stretch in the middle of the chart, with what is before and after it. */
  async showPlace({ from, to }: MinuteRange): Promise<void> {
    const opened = await this.#opening;
    if (!opened) return;
    const { payload, minutes } = opened.chart.rows;
    const [first, last] = [from, to].map((time) => Math.round((time - payload.from) / MINUTE_MS)) as [number, number];
    const length = Math.min(minutes, Math.max(MIN_PLACE_MINUTES, (last - first) * PLACE_FACTOR));
    const start = Math.max(0, Math.min((first + last - length) / 2, minutes - length));
    opened.chart.show({ from: start, to: start + length });
    opened.goTo(Math.max(0, Math.min(first, minutes - 1)));
    const chart = this.element.querySelector<HTMLElement>('.chart')!;
    chart.focus({ preventScroll: true });
    this.element.querySelector('.chart-part')!.scrollIntoView();
  }

  setPalette(palette: Palette): void {
    this.#opened?.chart.setPalette(palette);
    this.#opened?.overview.setPalette(palette);
  }

  /** Puts a drawing of the chart for paper beside it. */
  drawForPrint(): void {
    const drawn = this.#opened && !this.element.hidden ? this.#opened.chart.drawForPrint() : null;
    this.element.querySelector('.printed')?.replaceChildren(...(drawn ? [drawn] : []));
  }
}

/** The least that is shown around a place, and how many times its length. */
const MIN_PLACE_MINUTES = 120;
const PLACE_FACTOR = 3;

/** Null where there is no row to draw. */
async function openChart(section: HTMLElement): Promise<OpenSection | null> {
  const data = section.querySelector('script.rows');
  if (!data) return null;
  const rows = await readRows(data);
  const element = section.querySelector<HTMLElement>('.chart')!;
  const readout = new RowReadout(section.querySelector('.row')!, rows);
  const palette = readPalette();
  const chart = new SymbolChart(element, rows, palette);
  const overview = new Overview(section.querySelector('.overview')!, rows, palette, (shown) => chart.show(shown));
  chart.onShown((shown) => overview.show(shown));
  const goTo = bindKeys({ element, status: section.querySelector('.status')!, chart, readout, rows });
  element.dataset.drawn = 'candles';
  await new Promise(requestAnimationFrame); // lets the browser show the candles before the indicators are created
  bindIndicators(section, chart);
  for (const button of section.querySelectorAll<HTMLButtonElement>('button[data-minutes]')) {
    button.addEventListener('click', () => chart.showLast(Number(button.dataset.minutes)));
  }
  element.dataset.drawn = 'all';
  return { chart, overview, goTo };
}

function bindIndicators(section: HTMLElement, chart: SymbolChart): void {
  const boxes = [...section.querySelectorAll<HTMLInputElement>('input[type=checkbox]')];
  const show = () => chart.showIndicators(boxes.filter(({ checked }) => checked).map(({ value }) => value));
  for (const box of boxes) box.addEventListener('change', show);
  show();
}

interface ChartParts {
  element: HTMLElement;
  /** A live region: a screen reader reads its text aloud. */
  status: Element;
  chart: SymbolChart;
  readout: RowReadout;
  rows: PageRows;
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -60,
  PageDown: 60,
  Home: -Infinity,
  End: Infinity,
};
const ZOOMS: Readonly<Record<string, number>> = { '+': 1.5, '=': 1.5, '-': 1 / 1.5 };
/** While a key is held down only the minute at which it stops is read aloud. */
const ANNOUNCE_DELAY_MS = 200;

/**
 * Shows the row under the pointer; keys move from minute to minute, and each row is announced.
 *
 * @returns goes to a minute as the keys do
 */
function bindKeys({ element, status, chart, readout, rows }: ChartParts): (minute: number) => void {
  let minute = rows.column('minute').at(-1) ?? 0;
  let announcement: ReturnType<typeof setTimeout> | undefined;
  const goTo = (wanted: number) => {
    minute = wanted;
    chart.pointAt(minute);
    readout.show(minute);
    clearTimeout(announcement);
    announcement = setTimeout(() => (status.textContent = readout.describe(minute)), ANNOUNCE_DELAY_MS);
  };
  readout.show(minute);
  ignoreStillPointer(element);
  chart.onHover((hovered) => readout.show((minute = hovered)));
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [step, zoom] = [STEPS[event.key], ZOOMS[event.key]];
    if (step === undefined && zoom === undefined) return;
    event.preventDefault();
    if (zoom !== undefined) chart.zoom(zoom);
    else goTo(Math.max(0, Math.min(rows.minutes - 1, minute + step!)));
  });
  return goTo;
}

/**
 * Keeps a pointer that rests where it clicked from hovering the chart: following a link to a place scrolls the chart under
 * it, and the browser reports that as a movement.
 */
function ignoreStillPointer(element: HTMLElement): void {
  let clicked: { x: number; y: number } | undefined;
  document.addEventListener('click', ({ clientX: x, clientY: y }) => (clicked = { x, y }), { capture: true });
  for (const type of ['mouseenter', 'mousemove'] as const) {
    const listen = (event: MouseEvent) => {
      // a click has fractions of pixels
      const isStill = Math.hypot(event.clientX - (clicked?.x ?? NaN), event.clientY - (clicked?.y ?? NaN)) < 2;
      if (isStill && element.contains(document.activeElement)) event.stopImmediatePropagation();
    };
    element.addEventListener(type, listen, { capture: true });
  }
}
