import type { PageRows } from './page-rows.js';
import type { RowReadout } from './row-readout.js';
import type { SymbolChart } from './symbol-chart.js';

/** What the keys and the pointer work on. */
export interface ChartParts {
  element: HTMLElement;
  /** A screen reader says what is put here. */
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
/** A reader who holds a key down hears only where it stops. */
const SPEAK_AFTER_MS = 200;

/** Shows the row under the pointer, and lets the keys go from minute to minute and say each. */
export function followKeys({ element, status, chart, readout, rows }: ChartParts): void {
  let minute = rows.column('minute').at(-1) ?? 0;
  let speaking: ReturnType<typeof setTimeout> | undefined;
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
    clearTimeout(speaking);
    speaking = setTimeout(() => (status.textContent = readout.describe(minute)), SPEAK_AFTER_MS);
  });
}
