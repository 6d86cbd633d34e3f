import { deflateRawSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { ArchiveFault } from '../../../src/exchange/archive/archive-fault.js';
import { readZip } from '../../../src/exchange/archive/read-zip.js';
import { writeZip } from '../../../src/exchange/replay/write-zip.js';
import { expectError } from '../../harness/expect-failure.js';
import { readFixtureBytes } from '../../harness/fixtures.js';
import { group } from '../../harness/group.js';

const NAME = 'BTCUSDT-1m-2020-01-01.csv';
const CONTENT = Buffer.from('1577836800000,1,2,3\n'.repeat(500));
const MADE_AT = Date.UTC(2020, 0, 2, 1, 30, 14);
const ZIP = writeZip(NAME, CONTENT, MADE_AT);
/** Where the fields of the central directory begin. */
const CENTRAL = ZIP.readUInt32LE(ZIP.length - 22 + 16);

/** The zip with other bytes from a place on. */
function patch(at: number, bytes: readonly number[]): Buffer {
  const copy = Buffer.from(ZIP);
  copy.set(bytes, at);
  return copy;
}

async function faultOf(zip: Buffer, name = NAME): Promise<string> {
  const error = await expectError(readZip(zip, name));
  if (!(error instanceof ArchiveFault)) throw error;
  return `${error.kind}: ${error.message}`;
}

group('readZip', (test) => {
  test('gives the content of the entry and the time at which it was made', async () => {
    const { content, writtenAt } = await readZip(ZIP, NAME);
    assert.equal(content, CONTENT);
    assert.is(writtenAt, MADE_AT);
  });

  test('reads genuine files of the archive', async () => {
    const facts: [name: string, bytes: number, made: string][] = [
      ['BTCUSDT-1m-2020-01-01', 204_966, '2023-07-17T07:48'],
      ['BTCUSDT-1m-2023-03-24', 204_782, '2023-03-27T02:06'],
      ['ETHUSDT-1m-2022-03-08', 213_097, '2022-07-29T01:14'],
      ['ARBUSDT-1m-2023-07-27', 30_702, '2023-07-27T03:50'],
    ];
    for (const [name, bytes, made] of facts) {
      const { content, writtenAt } = await readZip(readFixtureBytes(`archive/${name}.zip`), `${name}.csv`);
      assert.is(content.length, bytes);
      assert.is(new Date(writtenAt).toISOString().slice(0, 16), made);
    }
  });

  test('every flipped byte of a file without a checksum is found, or changes nothing', async () => {
    let refused = 0;
    for (let at = 0; at < ZIP.length; at += 1) {
      const outcome = await readZip(patch(at, [ZIP[at]! ^ 0x10]), NAME).catch((error: unknown) => error);
      if (outcome instanceof ArchiveFault) refused += 1;
      else assert.equal((outcome as { content: Buffer }).content, CONTENT, `byte ${at}`);
    }
    assert.ok(refused > ZIP.length / 2, `${refused} of ${ZIP.length}`);
  });

  test('an answer that is not a zip is told apart from a damaged zip', async () => {
    assert.is(
      await faultOf(readFixtureBytes('archive/missing-file-404-body.xml')),
      'not-a-zip: it begins with "<?xml version="1.0" encoding="UTF-8"?> <", expected a zip',
    );
    assert.is(await faultOf(Buffer.alloc(0)), 'not-a-zip: it is empty, expected a zip');
    assert.is(await faultOf(Buffer.from('PK')), 'zip: its end is missing');
  });

  test('every truncation is refused', async () => {
    for (const length of [3, 30, CENTRAL - 1, CENTRAL + 40, ZIP.length - 1]) {
      assert.is(await faultOf(ZIP.subarray(0, length)), 'zip: its end is missing');
    }
  });

  test('another name, several entries, zip64, encryption, another method and a wrong size are refused', async () => {
    const end = ZIP.length - 22;
    const cases: [zip: Buffer, message: string, name?: string][] = [
      [ZIP, `zip: its entry is "${NAME}", expected "ETHUSDT-1m-2020-01-01.csv"`, 'ETHUSDT-1m-2020-01-01.csv'],
      [patch(end + 8, [2, 0, 2, 0]), 'zip: it has 2 entries, expected 1'],
      [patch(end + 8, [0, 0, 0, 0]), 'zip: it has 0 entries, expected 1'],
      [patch(CENTRAL + 24, [0xff, 0xff, 0xff, 0xff]), 'zip: it is a zip64'],
      [patch(CENTRAL + 8, [1]), 'zip: its entry is encrypted'],
      [patch(CENTRAL + 10, [12]), 'zip: its entry has method 12'],
      [patch(CENTRAL + 24, [0, 0, 0, 5]), 'zip: its entry has 83886080 bytes, expected at most 67108864'],
      [patch(CENTRAL + 24, [0x11, 0x27]), 'zip: its entry has 10000 bytes, expected 10001'],
      [
        patch(CENTRAL + 24, [0x0f, 0x27]),
        'zip: its entry cannot be inflated: Cannot create a Buffer larger than 9999 bytes',
      ],
      [patch(CENTRAL + 16, [0, 0, 0, 0]), 'zip: the CRC-32 of its entry is wrong'],
      [patch(0, [0x50, 0x4b, 7, 8]), 'zip: the header of its entry is missing'],
      [patch(CENTRAL, [0]), 'zip: its directory is missing'],
    ];
    for (const [zip, message, name] of cases) assert.is(await faultOf(zip, name), message);
  });

  test('a stored entry is read as it is', async () => {
    const compressedSize = deflateRawSync(CONTENT, { level: 1 }).length;
    const from = 30 + NAME.length;
    const tail = Buffer.from(ZIP.subarray(from + compressedSize));
    const stored = Buffer.concat([ZIP.subarray(0, from), CONTENT, tail]);
    const central = from + CONTENT.length;
    stored.writeUInt16LE(0, central + 10);
    stored.writeUInt32LE(CONTENT.length, central + 20);
    stored.writeUInt32LE(central, stored.length - 22 + 16);
    assert.equal((await readZip(stored, NAME)).content, CONTENT);
  });
});
