import { isSound } from '../../../src/core/candle.js';
import type { Minute } from '../../../src/core/minute.js';
import type { ModelRow } from './table-model.js';

/** The rows that the two rules which are on by themselves name: candles that cannot be, volumes above mean + 3 sigma. */
export function measureSpikes(rows: ReadonlyMap<Minute, ModelRow>): { unsound: Minute[]; spikes: Minute[] } {
  const ordered = [...rows].sort(([a], [b]) => a - b);
  // flagged rows stay in the statistics, so that a second run changes nothing
  const volumes = ordered.flatMap(([, { volume }]) => (volume !== null && volume >= 0 ? [volume] : []));
  const mean = volumes.reduce((sum, volume) => sum + volume, 0) / volumes.length;
  const variance = volumes.reduce((sum, volume) => sum + (volume - mean) ** 2, 0) / (volumes.length - 1);
  const threshold = mean + 3 * Math.sqrt(variance);
  const minutesWhere = (isNamed: (row: ModelRow) => boolean) =>
    ordered.filter(([, row]) => isNamed(row)).map(([minute]) => minute);
  return {
    unsound: minutesWhere((row) => !isSound(row)),
    spikes: minutesWhere(({ volume }) => volume !== null && volume > threshold),
  };
}
