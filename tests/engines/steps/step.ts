import type { StepsWorld } from './steps-world.js';

/** One step: a title, and what it does in a world. */
export interface Step {
  title: string;
  run: (world: StepsWorld) => Promise<unknown>;
  /** The commands of this step tell what they found of the engine: their output is not compared. */
  tellsEngine?: boolean;
}

/** Names the steps of a chapter. */
export function toSteps(
  chapter: string,
  steps: Readonly<Record<string, Step['run'] | Omit<Step, 'title'>>>,
): readonly Step[] {
  return Object.entries(steps).map(([title, step]) => ({
    title: `${chapter}: ${title}`,
    ...(typeof step === 'function' ? { run: step } : step),
  }));
}

/** `--from` and `--to` of a range that began `from` minutes ago. */
export function between(world: StepsWorld, from: number, minutes: number): string[] {
  const found = world.range(from, minutes);
  return ['--from', new Date(found.from).toISOString(), '--to', new Date(found.to).toISOString()];
}
