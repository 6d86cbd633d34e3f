import type { StepsWorld } from './steps-world.js';

/** One step: a title, and what it does in a world. */
export interface Step {
  title: string;
  run: (world: StepsWorld) => Promise<unknown>;
  /** What the commands of this step print depends on the engine or its speed: it is not compared. */
  tellsEngine?: boolean;
  /** Its statements were sent by earlier steps: left out where only the statements count. */
  isRepeat?: boolean;
}

/**
 * Names the steps of a chapter.
 *
 * @param repeats titles of steps whose statements earlier ones have sent
 */
export function toSteps(
  chapter: string,
  steps: Readonly<Record<string, Step['run'] | Omit<Step, 'title'>>>,
  repeats: readonly string[],
): readonly Step[] {
  return Object.entries(steps).map(([title, step]) => ({
    title: `${chapter}: ${title}`,
    isRepeat: repeats.includes(title),
    ...(typeof step === 'function' ? { run: step } : step),
  }));
}

/** `--from` and `--to` of a range that began `from` minutes ago. */
export function between(world: StepsWorld, from: number, minutes: number): string[] {
  const found = world.range(from, minutes);
  return ['--from', new Date(found.from).toISOString(), '--to', new Date(found.to).toISOString()];
}
