/** The colours of the page's style, which the chart draws with too. */
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
  /** By the place in `SOURCES`. */
  sources: readonly string[];
  /** For lines that belong together. */
  inks: readonly string[];
}

/** The colours as they are now, light or dark: of a property only its text is known, of an element its colour. */
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

/** Lets the reader choose the colours; calls back whenever they change, by choice or with the system. */
export function watchPalette(onChange: (palette: Palette) => void): void {
  const tell = () => onChange(readPalette());
  for (const choice of document.querySelectorAll<HTMLInputElement>('.theme input')) {
    choice.addEventListener('change', () => {
      if (choice.value === 'system') delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = choice.value;
      tell();
    });
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell);
}
