import type { IPanePrimitive, IPrimitivePaneView } from 'lightweight-charts';
import type { Canvas } from './canvas.js';

/** A line's name in the line's colour. */
export interface TitlePart {
  text: string;
  color: string;
}

const BASELINE = 15;
const SPACE = 12;

/** Says in a pane's corner what its lines are. */
export class PaneTitle implements IPanePrimitive {
  readonly #views: readonly IPrimitivePaneView[];

  constructor(parts: () => readonly TitlePart[]) {
    const draw = (target: Canvas) => {
      target.useMediaCoordinateSpace(({ context }) => {
        context.font = '11px system-ui, sans-serif';
        let x = 4;
        for (const { text, color } of parts()) {
          context.fillStyle = color;
          context.fillText(text, x, BASELINE);
          x += context.measureText(text).width + SPACE;
        }
      });
    };
    this.#views = [{ zOrder: () => 'top', renderer: () => ({ draw }) }];
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }
}
