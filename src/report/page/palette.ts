/** The colours of the page's style sheet, for drawing on the chart. */
export interface Palette {
  surface: string;
  text: string;
  muted: string;
  line: string;
  grid: string;
  gap: string;
  flag: string;
  threshold: string;
  volume: string;
  /** In the order of `SOURCES`. */
  sources: readonly string[];
  /** For the lines of one pane. */
  inks: readonly string[];
}

/** The colours of the current scheme. Read from an element, because a custom property only gives its text. */
export function readPalette(): Palette {
  const probe = document.body.appendChild(document.createElement('i'));
  const color = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette = {
    surface: color('surface'),
    text: color('text'),
    muted: color('muted'),
    line: color('line'),
    grid: color('grid'),
    gap: color('gap'),
    flag: color('flag'),
    threshold: color('threshold'),
    volume: color('volume'),
    sources: [color('binance'), color('fallback'), color('backfill')],
    inks: [color('ink-1'), color('ink-2'), color('ink-3'), color('ink-4')],
  };
  probe.remove();
  return palette;
}

/** Applies the chosen colour scheme; calls back on every change, by the controls or by the system. */
export function watchPalette(onChange: (palette: Palette) => void): void {
  const notify = () => onChange(readPalette());
  for (const choice of document.querySelectorAll<HTMLInputElement>('.theme input')) {
    choice.addEventListener('change', () => {
      if (choice.value === 'system') delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = choice.value;
      notify();
    });
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', notify);
}
