/** `1234567` as `1,234,567`. Without the language's own formatting, which loads its tables first: 40 ms of start-up. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
