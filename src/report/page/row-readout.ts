import { SOURCES } from '../../core/candle.js';
import { formatTime, NO_VALUE } from '../format-figures.js';
import type { PayloadColumn } from '../payload/chart-payload.js';
import type { PageRows } from './page-rows.js';

/** Shows every column of one minute's row, and describes the row in words. */
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
    return this.#rows.indexOf(minute) < 0 ? `${texts[0]}, ${texts.at(-1)}` : texts.join(', ');
  }

  #textOf(name: PayloadColumn, minute: number): string {
    const index = this.#rows.indexOf(minute);
    if (name === 'minute') return `${formatTime(this.#rows.secondsAt(minute) * 1000)} UTC`;
    if (name === 'state') return index < 0 ? this.#describeGap(minute) : this.#describeState(minute, index);
    if (index < 0) return NO_VALUE;
    const number = this.#rows.column(name)[index]!;
    if (name === 'source') return SOURCES[number] ?? NO_VALUE;
    return formatNumber(number, this.#rows.decimalsOf(name));
  }

  #describeState(minute: number, index: number): string {
    if (this.#rows.hasState('valid', index)) return 'valid';
    const open = this.#rows.flags.filter((flag) => flag.minute === minute && flag.isOpen);
    const parts = [
      ...(this.#rows.hasState('flagged', index) ? [`flagged: ${open.map(({ rule }) => rule).join(', ')}`] : []),
      ...(this.#rows.hasState('complete', index) ? [] : ['not complete']),
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
  if (Number.isNaN(number)) return NO_VALUE;
  return decimals === null ? String(number) : number.toFixed(decimals);
}
