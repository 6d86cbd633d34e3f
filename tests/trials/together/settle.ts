import { DAYS, SYMBOLS, type BusyMarket } from './busy-market.js';

/** Brings all symbols to where an undisturbed market is; a sentence for each command that could not do its part. */
export async function settle(market: BusyMarket): Promise<string[]> {
  const range = ['--days', String(DAYS)];
  const commands = [
    ['ingest', ...SYMBOLS],
    ['backfill', ...SYMBOLS, ...range],
    ['clean', ...SYMBOLS],
    ['clean', ...SYMBOLS, '--repair'],
  ];
  const losses: string[] = [];
  for (const argv of commands) {
    const { exitCode, stderr } = await market.run(...argv);
    if (exitCode !== 0) losses.push(`at the end ${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
  }
  return losses;
}
