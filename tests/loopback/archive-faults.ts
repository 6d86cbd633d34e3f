import { HOUR_MS, MINUTE_MS } from '../../src/core/minute.js';
import { type ArchiveFile, entryOf, parseFileName } from '../../src/exchange/archive/archive-file.js';
import type { CandleSource } from '../../src/exchange/replay/candle-source.js';
import { toArchiveCsv, toChecksum } from '../../src/exchange/replay/archive-responses.js';
import { writeZip } from '../../src/exchange/replay/write-zip.js';
import type { Random } from '../harness/random.js';
import { type Fault, fault, type FaultSchedule } from './faults.js';

/** A file as it is published: its zip, and the text of its checksum file, or null without one. */
interface Published {
  zip: Buffer;
  checksum: string | null;
}

type Line = string[];

/** A published file that is faulty: another zip, or other rows with a checksum that is right. */
type PublishedFault = (file: ArchiveFile, lines: Line[], random: Random) => Published | undefined;

const TIME = 0;
const VOLUME = 5;
const CLOSE_TIME = 6;

/** Changes the rows; the zip is then whole, and its checksum right. */
function onLines(change: (lines: Line[], random: Random, file: ArchiveFile) => Line[]): PublishedFault {
  return (file, lines, random) => publish(file, change(lines, random, file));
}

function onLine(change: (line: Line, random: Random) => Line): PublishedFault {
  return onLines((lines, random) => {
    const at = random.integerBelow(lines.length);
    return lines.map((line, i) => (i === at ? change([...line], random) : line));
  });
}

function onField(place: number, values: readonly string[]): PublishedFault {
  return onLine((line, random) => line.with(place, random.pick(values)));
}

/** Changes the bytes of the zip; its checksum is that of the right zip, or there is none. */
function onZip(change: (zip: Buffer, random: Random) => Buffer): PublishedFault {
  return (file, lines, random) => {
    const { zip, checksum } = publish(file, lines);
    return { zip: change(Buffer.from(zip), random), checksum: random.fraction() < 0.5 ? checksum : null };
  };
}

function publish(file: ArchiveFile, lines: readonly Line[], writtenAt = file.range.to + HOUR_MS): Published {
  const csv = lines.map((line) => `${line.join(',')}\n`).join('');
  const zip = writeZip(entryOf(file), Buffer.from(csv), writtenAt);
  return { zip, checksum: toChecksum(zip, file.name) };
}

/** Shifts a time that may be in milliseconds or microseconds. */
function shift(time: string, byMs: number): string {
  return String(Number(time) + byMs * (time.length === 16 ? 1000 : 1));
}

/** Faults of files: of none may a candle be taken that is not the exchange's. */
export const ARCHIVE_FAULTS: Readonly<Record<string, PublishedFault>> = {
  'a flipped bit': onZip((zip, random) => {
    const at = random.integerBelow(zip.length);
    zip[at]! ^= 1 << random.integerBelow(8);
    return zip;
  }),
  'a truncated zip': onZip((zip, random) => zip.subarray(0, random.integerBelow(zip.length))),
  'bytes behind the zip': onZip((zip) => Buffer.concat([zip, Buffer.from('more')])),
  'the zip twice': onZip((zip) => Buffer.concat([zip, zip])),
  'a wrong checksum': (file, lines, random) => {
    const { zip } = publish(file, lines);
    const right = toChecksum(zip, file.name);
    const wrong = [
      '',
      '<html>',
      right.slice(1),
      `${right}x`,
      right.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    ];
    return { zip, checksum: random.pick(wrong) };
  },
  'another entry': (file, lines) => {
    const csv = Buffer.from(lines.map((line) => `${line.join(',')}\n`).join(''));
    const zip = writeZip(entryOf(file).replace('-1m-', '-5m-'), csv, file.range.to);
    return { zip, checksum: toChecksum(zip, file.name) };
  },
  'made too early': (file, lines, random) => {
    return publish(file, lines.slice(0, 5), file.range.from + random.integerBelow(1439) * MINUTE_MS);
  },
  'missing rows': onLines((lines, random) => lines.filter(() => random.fraction() < 0.7)),
  'no row': onLines(() => []),
  'repeated rows': onLines((lines) => [...lines, ...lines.slice(3, 9)]),
  'rows out of order': onLines((lines) => [...lines].reverse()),
  'two rows of one minute': onLines((lines, random) => {
    const line = lines[random.integerBelow(lines.length)]!;
    return [...lines, line.with(VOLUME, '0.00000001')];
  }),
  'a field too few': onLine((line) => line.slice(0, -1)),
  'a field too many': onLine((line) => [...line, '0']),
  'an invalid volume': onField(VOLUME, ['-184467440737.09551616', 'NaN', 'Infinity', '', '1e5', '0x10', ' 1']),
  'an invalid price': onField(3, ['0', '0.00000000', '-1', 'null', '99999999']),
  'a row of another period': onLine((line) => line.with(TIME, shift(line[TIME]!, 24 * HOUR_MS))),
  'a time off the minute': onLine((line) =>
    line.with(TIME, shift(line[TIME]!, 20_799)).with(CLOSE_TIME, shift(line[CLOSE_TIME]!, 20_799)),
  ),
  'seconds for milliseconds': onLines((lines) => lines.map((line) => line.with(TIME, line[TIME]!.slice(0, 10)))),
  nanoseconds: onLine((line) => line.with(TIME, line[TIME]!.padEnd(19, '0'))),
  'candles of five minutes': onLines((lines) =>
    lines.filter((_, i) => i % 5 === 0).map((line) => line.with(CLOSE_TIME, shift(line[CLOSE_TIME]!, 4 * MINUTE_MS))),
  ),
  'a header': onLines((lines) => [
    ['open_time', 'open', 'high', 'low', 'close', 'volume', 'close_time', 'q', 'n', 'b', 'v', 'i'],
    ...lines,
  ]),
};

/** Faults of connections and of the server. */
const TRANSPORT: Readonly<Record<string, (random: Random) => Fault>> = {
  'status 404': () => ({ status: 404, body: '' }),
  'a server error': (random) => fault.serverError(random.pick([500, 503])),
  'a reset': () => fault.reset(),
  'a cut body': () => fault.cut(),
  HTML: () => fault.html(),
  'an empty body': () => ({ body: '' }),
  'status 429': () => fault.tooMany(0),
};

/** The names of all kinds of faults. */
export const ARCHIVE_FAULT_NAMES = [...Object.keys(ARCHIVE_FAULTS), ...Object.keys(TRANSPORT)];

/**
 * Random faults of the archive's files; the other requests are answered as they should be.
 *
 * @param source what the files hold
 * @param chance the probability that a request for a checksum draws a fault of its file, or of itself
 * @param counts the number of faults by kind, which is added to
 */
export function scheduleArchiveFaults(
  random: Random,
  { source, chance, counts }: { source: CandleSource; chance: number; counts: Map<string, number> },
): FaultSchedule {
  const published = new Map<string, Published>();
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  return ({ exchange, path }) => {
    const name = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
    if (exchange !== 'archive' || !name.includes('.zip')) return undefined;
    const isChecksum = name.endsWith('.CHECKSUM');
    const file = parseFileName(name.replace(/\.CHECKSUM$/, ''));
    if (!file) return undefined;
    if (isChecksum) {
      published.delete(file.name);
      if (random.fraction() >= chance) return undefined;
      const kind = random.pick(Object.keys(ARCHIVE_FAULTS));
      const csv = toArchiveCsv(file, source).toString();
      if (csv === '') return undefined;
      const lines = csv
        .trimEnd()
        .split('\n')
        .map((line) => line.split(','));
      const faulty = ARCHIVE_FAULTS[kind]!(file, lines, random)!;
      count(kind);
      published.set(file.name, faulty);
      return faulty.checksum === null ? { status: 404, body: '' } : { status: 200, body: faulty.checksum };
    }
    if (random.fraction() < chance / 5) {
      const kind = random.pick(Object.keys(TRANSPORT));
      count(kind);
      return TRANSPORT[kind]!(random);
    }
    const faulty = published.get(file.name);
    return faulty && { status: 200, body: faulty.zip };
  };
}
