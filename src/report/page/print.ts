/** Prints with the light colours: calls back before and after printing, when the colours have changed. */
export function watchPrint({ before, after }: { before: () => void; after: () => void }): void {
  const { dataset } = document.documentElement;
  let theme: string | undefined;
  addEventListener('beforeprint', () => {
    theme = dataset.theme;
    dataset.theme = 'light';
    before();
  });
  addEventListener('afterprint', () => {
    if (theme === undefined) delete dataset.theme;
    else dataset.theme = theme;
    after();
  });
}
