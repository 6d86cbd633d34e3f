import type { Manual, OptionManual } from './manual.js';

/** The flags that many commands share, each once. */
export function sharedOptionsOf({ commands }: Manual): OptionManual[] {
  const all = commands.flatMap(({ options }) => options.filter(({ isShared }) => isShared));
  return all.filter(({ flags }, i) => all.findIndex((other) => other.flags === flags) === i);
}
