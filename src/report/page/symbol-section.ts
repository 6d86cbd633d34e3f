import { readRows } from './page-rows.js';
import { readPalette, type Palette } from './palette.js';
import { RowReadout } from './row-readout.js';
import { SymbolChart } from './symbol-chart.js';
import { followKeys } from './chart-keys.js';

/** One symbol's section: its chart comes to life when it is seen for the first time. */
export class SymbolSection {
  #chart: Promise<SymbolChart | null> | undefined;

  constructor(readonly element: HTMLElement) {}

  show(isShown: boolean): void {
    this.element.hidden = !isShown;
    if (isShown) this.#chart ??= openChart(this.element);
  }

  async setPalette(palette: Palette): Promise<void> {
    (await this.#chart)?.setPalette(palette);
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
  followKeys({ element, status: section.querySelector('.status')!, chart, readout, rows });
  element.dataset.drawn = 'candles';
  await new Promise(requestAnimationFrame); // the candles are seen while the rest is made
  offerIndicators(section, chart);
  for (const button of section.querySelectorAll<HTMLButtonElement>('button[data-minutes]')) {
    button.addEventListener('click', () => chart.showLast(Number(button.dataset.minutes)));
  }
  element.dataset.drawn = 'all';
  return chart;
}

function offerIndicators(section: HTMLElement, chart: SymbolChart): void {
  const boxes = [...section.querySelectorAll<HTMLInputElement>('input[type=checkbox]')];
  const show = () => chart.showIndicators(boxes.filter(({ checked }) => checked).map(({ value }) => value));
  for (const box of boxes) box.addEventListener('change', show);
  show();
}
