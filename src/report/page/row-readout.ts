import { SOURCES } from '../../core/candle.js';
import { formatTime, NOTHING } from '../format-figures.js';
import type { PayloadColumn } from '../chart-payload.js';
import type { PageRows } from './page-rows.js';

/** Shows one minute's row, every column of it, and can say it. */
export class RowReadout {
  readonly #rows: PageRows;
  readonly #fields: readonly HTMLElement[];

  constructor(element: Element, rows: PageRows) {
    this.#rows = rows;
    this.#fields = [...element.querySelectorAll<HTMLElement>('[data-column]')];
  }

  /** @param minute counted from the range's beginning */
  show(minute: number): void {
    for (const field of this.#fields) {
      const text = this.#textOf(field.dataset.column as PayloadColumn, minute);
      if (field.textContent !== text) field.textContent = text;
    }
  }

  /** The row in a sentence, for a screen reader. */
  describe(minute: number): string {
    const parts: PayloadColumn[] = ['minute', 'open', 'high', 'low', 'close', 'volume', 'source', 'state'];
    const texts = parts.map((name) => {
      const text = this.#textOf(name, minute);
      return ['minute', 'source', 'state'].includes(name) ? text : `${name} ${text}`;
    });
    return this.#rows.placeOf(minute) < 0 ? `${texts[0]}, ${texts.at(-1)}` : texts.join(', ');
  }

  #textOf(name: PayloadColumn, minute: number): string {
    const place = this.#rows.placeOf(minute);
    if (name === 'minute') return `${formatTime(this.#rows.secondsAt(minute) * 1000)} UTC`;
    if (name === 'state') return place < 0 ? this.#describeGap(minute) : this.#describeState(minute, place);
    if (place < 0) return NOTHING;
    const number = this.#rows.column(name)[place]!;
    if (name === 'source') return SOURCES[number] ?? NOTHING;
    return formatNumber(number, this.#rows.decimalsOf(name));
  }

  #describeState(minute: number, place: number): string {
    if (this.#rows.is('valid', place)) return 'valid';
    const time = this.#rows.secondsAt(minute) * 1000;
    const open = this.#rows.payload.flags.filter((flag) => flag.minute === time && flag.isOpen);
    const parts = [
      ...(this.#rows.is('flagged', place) ? [`flagged: ${open.map(({ rule }) => rule).join(', ')}`] : []),
      ...(this.#rows.is('complete', place) ? [] : ['not complete']),
    ];
    return parts.length > 0 ? parts.join('; ') : 'unsound candle';
  }

  #describeGap(minute: number): string {
    const time = this.#rows.secondsAt(minute) * 1000;
    const gap = this.#rows.payload.gaps.find(({ from, to }) => from <= time && time < to);
    return gap ? `no row: ${gap.cause}` : 'no row';
  }
}

function formatNumber(number: number, decimals: number | null): string {
  if (Number.isNaN(number)) return NOTHING;
  return decimals === null ? String(number) : number.toFixed(decimals);
}
