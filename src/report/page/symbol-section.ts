import { SymbolChart } from './chart/symbol-chart.js';
import { readRows, type PageRows } from './page-rows.js';
import { readPalette, type Palette } from './palette.js';
import { RowReadout } from './row-readout.js';

/** One symbol's section; its chart is created when the section is shown for the first time. */
export class SymbolSection {
  #isOpened = false;
  #chart: SymbolChart | null = null;

  constructor(readonly element: HTMLElement) {}

  show(isShown: boolean): void {
    this.element.hidden = !isShown;
    if (!isShown || this.#isOpened) return;
    this.#isOpened = true;
    void openChart(this.element).then((chart) => (this.#chart = chart));
  }

  setPalette(palette: Palette): void {
    this.#chart?.setPalette(palette);
  }

  /** Puts a drawing of the chart for paper beside it. */
  drawForPrint(): void {
    const drawn = this.#chart && !this.element.hidden ? this.#chart.drawForPrint() : null;
    this.element.querySelector('.printed')?.replaceChildren(...(drawn ? [drawn] : []));
  }
}

/** Null where there is no row to draw. */
async function openChart(section: HTMLElement): Promise<SymbolChart | null> {
  const data = section.querySelector('script.rows');
  if (!data) return null;
  const rows = await readRows(data);
  const element = section.querySelector<HTMLElement>('.chart')!;
  const readout = new RowReadout(section.querySelector('.row')!, rows);
  const chart = new SymbolChart(element, rows, readPalette());
  bindKeys({ element, status: section.querySelector('.status')!, chart, readout, rows });
  element.dataset.drawn = 'candles';
  await new Promise(requestAnimationFrame); // lets the browser show the candles before the indicators are created
  bindIndicators(section, chart);
  for (const button of section.querySelectorAll<HTMLButtonElement>('button[data-minutes]')) {
    button.addEventListener('click', () => chart.showLast(Number(button.dataset.minutes)));
  }
  element.dataset.drawn = 'all';
  return chart;
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

/** Shows the row under the pointer; keys move from minute to minute, and each row is announced. */
function bindKeys({ element, status, chart, readout, rows }: ChartParts): void {
  let minute = rows.column('minute').at(-1) ?? 0;
  let announcement: ReturnType<typeof setTimeout> | undefined;
  readout.show(minute);
  chart.onHover((hovered) => readout.show((minute = hovered)));
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [step, zoom] = [STEPS[event.key], ZOOMS[event.key]];
    if (step === undefined && zoom === undefined) return;
    event.preventDefault();
    if (zoom !== undefined) return chart.zoom(zoom);
    minute = Math.max(0, Math.min(rows.minutes - 1, minute + step!));
    chart.pointAt(minute);
    readout.show(minute);
    clearTimeout(announcement);
    announcement = setTimeout(() => (status.textContent = readout.describe(minute)), ANNOUNCE_DELAY_MS);
  });
}
