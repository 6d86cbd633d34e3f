import { type Palette, readPalette, watchPalette } from './palette.js';
import { watchPrint } from './print.js';
import { SymbolSection } from './symbol-section.js';

// these elements only work with this script, and are hidden without it
for (const element of document.querySelectorAll<HTMLElement>('.needs-script')) element.hidden = false;

const sections = [...document.querySelectorAll<HTMLElement>('section.symbol')].map(
  (element) => new SymbolSection(element),
);
const links = [...document.querySelectorAll<HTMLAnchorElement>('nav.symbols a')];

let chosen = sections[0];

/** Shows the symbol of the address, else keeps the current one, at first the first symbol; and marks its link. */
function showChosen(): void {
  chosen = sections.find(({ element }) => `#${element.id}` === location.hash) ?? chosen;
  for (const section of sections) section.show(section === chosen);
  for (const link of links) {
    if (link.hash === `#${chosen?.element.id}`) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

addEventListener('hashchange', showChosen);
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
