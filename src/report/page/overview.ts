import { formatTime } from '../format-figures.js';
import { findExtremes, toFlagMarks, toGaps } from './chart/chart-data.js';
import { drawLine } from './chart/draw-lines.js';
import type { Plot } from './chart/plot.js';
import { shadeGaps } from './chart/shade-gaps.js';
import type { PageRows } from './page-rows.js';
import type { Palette } from './palette.js';

/** Minutes of the range; fractions of a minute are possible. */
export interface Shown {
  from: number;
  to: number;
}

/** At least this wide, in CSS pixels, so that it can be seen and taken. */
const MIN_BRUSH = 10;
/** The ends of the brush are taken this close to them. */
const HANDLE = 8;
const MIN_MINUTES = 10;

/** The whole range as a strip, with a brush over the part that the chart shows. */
export class Overview {
  readonly #canvas: HTMLCanvasElement;
  readonly #brush: HTMLElement;
  #shown: Shown = { from: 0, to: 0 };

  /** @param onBrush is called with the part to show */
  constructor(
    private readonly element: HTMLElement,
    private readonly rows: PageRows,
    private palette: Palette,
    private readonly onBrush: (shown: Shown) => void,
  ) {
    this.#canvas = element.querySelector('canvas')!;
    this.#brush = element.querySelector('.brush')!;
    element.addEventListener('pointerdown', (event) => this.#drag(event));
    this.#brush.addEventListener('keydown', (event) => this.#onKey(event));
    new ResizeObserver(() => this.#paint()).observe(element);
    this.#paint();
  }

  setPalette(palette: Palette): void {
    this.palette = palette;
    this.#paint();
  }

  /** Moves the brush to what the chart shows. */
  show(shown: Shown): void {
    this.#shown = this.#limit(shown);
    const { from, to } = this.#shown;
    const { clientWidth } = this.element;
    const left = (from / this.rows.minutes) * clientWidth;
    const width = Math.max(MIN_BRUSH, ((to - from) / this.rows.minutes) * clientWidth);
    this.#brush.style.left = `${Math.max(0, Math.min(left, clientWidth - width))}px`;
    this.#brush.style.width = `${Math.min(width, clientWidth)}px`;
    this.#brush.setAttribute('aria-valuenow', String(Math.round(from)));
    this.#brush.setAttribute('aria-valuetext', `${this.#timeAt(from)} to ${this.#timeAt(to)} UTC`);
  }

  #timeAt(minute: number): string {
    return formatTime(this.rows.secondsAt(Math.round(minute)) * 1000);
  }

  #limit({ from, to }: Shown): Shown {
    return { from: Math.max(0, Math.min(from, to)), to: Math.min(this.rows.minutes, Math.max(from, to)) };
  }

  #paint(): void {
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth === 0) return;
    const ratio = window.devicePixelRatio;
    const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    [this.#canvas.width, this.#canvas.height] = [width, height];
    const { minutes } = this.rows;
    const closes = this.rows.byMinute('close');
    const { minValue, maxValue } = findExtremes([closes], 0, minutes) ?? { minValue: 0, maxValue: 1 };
    const margin = 8 * ratio;
    const plot: Plot = {
      context: this.#canvas.getContext('2d')!,
      ...{ width, height, ratio },
      first: 0,
      last: minutes - 1,
      spacing: width / minutes,
      xOf: (minute) => ((minute + 0.5) / minutes) * width,
      yOf: (price) => height - margin - ((price - minValue) / (maxValue - minValue || 1)) * (height - 2 * margin),
    };
    shadeGaps(plot, toGaps(this.rows), this.palette);
    drawLine(plot, closes, { color: this.palette.muted, isDashed: false });
    plot.context.fillStyle = this.palette.flag;
    for (const { minute } of toFlagMarks(this.rows))
      plot.context.fillRect(Math.floor(plot.xOf(minute)), 0, ratio, 5 * ratio);
    this.show(this.#shown);
  }

  /** Moves the brush, or one of its ends; beside the brush, it comes to the pointer first. */
  #drag(down: PointerEvent): void {
    if (down.button !== 0) return;
    down.preventDefault();
    this.#brush.focus({ preventScroll: true });
    const box = this.element.getBoundingClientRect();
    const minuteAt = ({ clientX }: PointerEvent) => ((clientX - box.left) / box.width) * this.rows.minutes;
    const brush = this.#brush.getBoundingClientRect();
    const [fromLeft, fromRight] = [Math.abs(down.clientX - brush.left), Math.abs(down.clientX - brush.right)];
    const isNarrow = brush.width < 3 * HANDLE;
    const isInside = down.clientX >= brush.left && down.clientX <= brush.right;
    const end = isNarrow || Math.min(fromLeft, fromRight) > HANDLE ? null : fromLeft < fromRight ? 'from' : 'to';
    const start = minuteAt(down);
    if (end === null && !isInside) this.#moveTo(start - (this.#shown.to - this.#shown.from) / 2);
    const before = this.#shown;
    const move = (event: PointerEvent) => {
      const shift = minuteAt(event) - start;
      if (end === null) this.#moveTo(before.from + shift, before.to - before.from);
      else this.#brushTo({ ...before, [end]: before[end] + shift });
    };
    const stop = () => {
      this.element.removeEventListener('pointermove', move);
      this.element.removeEventListener('pointerup', stop);
      this.element.removeEventListener('pointercancel', stop);
    };
    this.element.setPointerCapture(down.pointerId);
    this.element.addEventListener('pointermove', move);
    this.element.addEventListener('pointerup', stop);
    this.element.addEventListener('pointercancel', stop);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { from, to } = this.#shown;
    const length = to - from;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => this.#moveTo(from - length / 10),
      ArrowRight: () => this.#moveTo(from + length / 10),
      ArrowDown: () => this.#moveTo(from - length / 10),
      ArrowUp: () => this.#moveTo(from + length / 10),
      PageUp: () => this.#moveTo(from - length),
      PageDown: () => this.#moveTo(from + length),
      Home: () => this.#moveTo(0),
      End: () => this.#moveTo(this.rows.minutes - length),
      '+': () => this.#brushTo({ from: from + length / 6, to: to - length / 6 }),
      '-': () => this.#brushTo({ from: from - length / 4, to: to + length / 4 }),
    };
    const move = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined;
    if (!move) return;
    event.preventDefault();
    move();
  }

  #moveTo(from: number, length = this.#shown.to - this.#shown.from): void {
    const start = Math.max(0, Math.min(from, this.rows.minutes - length));
    this.#brushTo({ from: start, to: start + length });
  }

  #brushTo(shown: Shown): void {
    const limited = this.#limit(shown);
    if (limited.to - limited.from < Math.min(MIN_MINUTES, this.rows.minutes)) return;
    this.show(limited);
    this.onBrush(limited);
  }
}
