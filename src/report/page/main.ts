import { parsePlace } from '../tables/place-link.js';
import { type Palette, readPalette, watchPalette } from './palette.js';
import { watchPrint } from './print.js';
import { SymbolSection } from './symbol-section.js';

// these elements only work with this script, and are hidden without it
for (const element of document.querySelectorAll<HTMLElement>('.needs-script')) element.hidden = false;

const sections = [...document.querySelectorAll<HTMLElement>('section.symbol')].map(
  (element) => new SymbolSection(element),
);
/** The first page of several symbols. */
const allSymbols = document.querySelector<HTMLElement>('#symbols');
const links = [...document.querySelectorAll<HTMLAnchorElement>('nav.links a')];

let chosen = allSymbols ? undefined : sections[0];

/**
 * Shows what the address names: a symbol, a place on its chart, or the first page; else what is shown already, at first
 * the first page or the only symbol.
 */
function showChosen(): void {
  const place = parsePlace(location.hash);
  const id = place?.id ?? location.hash.slice(1);
  const before = chosen;
  if (id === 'symbols') chosen = undefined;
  else chosen = sections.find(({ element }) => element.id === id) ?? chosen;
  if (allSymbols) allSymbols.hidden = chosen !== undefined;
  for (const section of sections) section.show(section === chosen);
  for (const link of links) {
    if (link.hash === `#${chosen?.element.id ?? 'symbols'}`) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
  if (place && chosen?.element.id === place.id) void chosen.showPlace(place.stretch);
  else if (chosen !== before) scrollTo(0, 0); // it was hidden when the browser went to it
}

addEventListener('hashchange', showChosen);
// a link to the place that the address names already changes nothing: it goes there again
document.addEventListener('click', ({ target }) => {
  const link = target instanceof Element ? target.closest<HTMLAnchorElement>('a[href^="#symbol-"]') : null;
  if (link && link.hash === location.hash) showChosen();
});
function setPalette(palette: Palette): void {
  for (const section of sections) section.setPalette(palette);
}
watchPalette(setPalette);
watchPrint({
  before: () => {
    setPalette(readPalette());
    for (const section of sections) section.drawForPrint();
  },
  after: () => setPalette(readPalette()),
});
showChosen();
