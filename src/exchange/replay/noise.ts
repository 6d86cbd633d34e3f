/** A repeatable source of randomness: the same key and index always give the same number, in any order of asking. */
export interface Noise {
  /** Uniform in (0, 1). */
  uniform(channel: number, index: number): number;
  /** Standard normal. */
  gauss(channel: number, index: number): number;
}

/**
 * Noise that belongs to a text, such as a symbol.
 *
 * A counter-based generator: it hashes its arguments (the finaliser of MurmurHash3), so no state has to be
 * walked to reach an index.
 */
export function noiseOf(key: string): Noise {
  let seed = 0x811c9dc5;
  for (const character of key) seed = Math.imul(seed ^ character.codePointAt(0)!, 0x01000193);

  const uniform = (channel: number, index: number): number => {
    const low = mix(seed ^ Math.imul(channel + 1, 0x9e3779b1) ^ mix(index | 0));
    return (mix(low ^ Math.floor(index / 2 ** 32)) + 0.5) / 2 ** 32;
  };
  const gauss = (channel: number, index: number): number => {
    const radius = Math.sqrt(-2 * Math.log(uniform(2 * channel, index)));
    return radius * Math.cos(2 * Math.PI * uniform(2 * channel + 1, index));
  };
  return { uniform, gauss };
}

function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
