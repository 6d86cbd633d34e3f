import { countMinutes, formatRange, toRanges } from '../../core/range.js';
import { ArchiveFault } from '../../exchange/archive/archive-fault.js';
import type { ArchiveFile } from '../../exchange/archive/archive-file.js';
import { checkContent, type CheckedFile, verifyChecksum } from '../../exchange/archive/check-file.js';
import { readStoredFile } from '../../exchange/archive/folder-storage.js';
import { selectRanges } from '../../rows/candle-columns.js';
import type { CheckedRows, FileFacts, ImportSource } from './import-source.js';

/**
 * A zip of Binance's archive; a `.CHECKSUM` file beside it is compared.
 *
 * @param nowMs the clock: the period of the file must be over
 */
export function toZipSource(path: string, file: ArchiveFile, nowMs: number): ImportSource {
  const { symbol, period, range } = file;
  return { symbol, path, range, rank: period, open: () => openZip(path, file, nowMs) };
}

async function openZip(path: string, file: ArchiveFile, nowMs: number): Promise<CheckedRows> {
  if (file.range.to > nowMs) {
    throw new ArchiveFault('content', `its ${file.period} is not over by the clock: ${formatRange(file.range)}`);
  }
  const zip = await readStoredFile(path);
  if (!zip) throw new ArchiveFault('not-a-zip', 'it does not exist any more');
  const checked = await checkContent(verifyChecksum(zip, await readStoredFile(`${path}.CHECKSUM`), file), file);
  const { candles, conflicting, offMinute } = checked;
  if (candles.length === 0) throw new ArchiveFault('content', `none of its ${checked.rows} rows can be used`);
  return {
    facts: toFacts(checked),
    minutes: toRanges(candles.openTime),
    conflicting,
    offMinute: offMinute.length,
    otherSource: 0,
    open: 0,
    read: (wanted) => [selectRanges(candles, wanted)],
  };
}

function toFacts({ file, candles, ...checked }: CheckedFile): FileFacts {
  const { url, sha256, isVerified, etag, lastModified, entryTime, rows, duplicates } = checked;
  const missing = countMinutes(file.range) - candles.length;
  const { name, range } = file;
  return { name, range, url, sha256, isVerified, etag, lastModified, entryTime, rows, missing, duplicates };
}
