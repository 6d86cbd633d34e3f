import { dirname, join } from 'node:path';
import { backfillCommand } from './backfill.js';
import { describeChange } from './describe-change.js';
import type { DemoExchange } from './demo-exchange.js';

/** Backfill under the demo's name: its result says which candles these are, and what to try next. */
export function demoBackfill(kind: DemoExchange['kind'], dataDir: string): typeof backfillCommand {
  const candles = kind === 'generated' ? 'generated' : 'Binance';
  const next = (line: string) => `  CHARTCTL_DATA_DIR=${dataDir} npx chartctl ${line}`;
  return {
    ...backfillCommand,
    name: 'demo',
    columns: [{ title: 'candles', cell: () => candles }, ...backfillCommand.columns],
    conclusion: ({ outcomes, drawing }) => [
      ...describeChange(outcomes, drawing),
      '',
      kind === 'generated' ? 'These are generated candles, no real prices. Try next:' : 'Try next:',
      next('status'),
      // beside the database: at the top of the repository the file would be a stranger
      next(`export-training-set BTCUSDT --out ${join(dirname(dataDir), 'train.csv')}`),
      next('rebuild --all'),
    ],
    extra: () => ({ candles: kind, dataDir }),
  };
}
