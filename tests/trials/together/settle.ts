import { DAYS, SYMBOLS, type BusyMarket } from './busy-market.js';

/**
 * Brings symbols to where an undisturbed market is, and all others to their newest minutes; a sentence for each command
 * that could not do its part.
 */
export async function settle(market: BusyMarket, symbols: readonly string[] = SYMBOLS): Promise<string[]> {
  const range = ['--days', String(DAYS)];
  const commands = [
    ['ingest', ...SYMBOLS],
    ['backfill', ...symbols, ...range],
    ['clean', ...symbols],
    ['clean', ...symbols, '--repair'],
  ];
  const losses: string[] = [];
  for (const argv of commands) {
    const { exitCode, stderr } = await market.run(...argv);
    if (exitCode !== 0) losses.push(`at the end ${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
  }
  return losses;
}
