import { watchPalette } from './palette.js';
import { SymbolSection } from './symbol-section.js';

/** What only works with this script is hidden without it. */
for (const element of document.querySelectorAll<HTMLElement>('.needs-script')) element.hidden = false;

const sections = [...document.querySelectorAll<HTMLElement>('section.symbol')].map(
  (element) => new SymbolSection(element),
);
const links = [...document.querySelectorAll<HTMLAnchorElement>('nav.symbols a')];

let chosen = sections[0];

/** Shows the symbol that the address names, else the one that is shown, at first the first; and marks its link. */
function showChosen(): void {
  chosen = sections.find(({ element }) => `#${element.id}` === location.hash) ?? chosen;
  for (const section of sections) section.show(section === chosen);
  for (const link of links) {
    if (link.hash === `#${chosen?.element.id}`) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

addEventListener('hashchange', showChosen);
watchPalette((palette) => {
  for (const section of sections) void section.setPalette(palette);
});
showChosen();
