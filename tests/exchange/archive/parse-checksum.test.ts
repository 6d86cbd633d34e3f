import * as assert from 'uvu/assert';
import { ArchiveFault } from '../../../src/exchange/archive/archive-fault.js';
import { parseChecksum } from '../../../src/exchange/archive/parse-checksum.js';
import { readFixture } from '../../harness/fixtures.js';
import { group } from '../../harness/group.js';

const NAME = 'BTCUSDT-1m-2020-01-01.zip';
const HASH = 'a'.repeat(63) + '7';

function faultOf(text: string): string {
  try {
    parseChecksum(text, NAME);
  } catch (error) {
    if (error instanceof ArchiveFault && error.kind === 'checksum') return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

group('parseChecksum', (test) => {
  test('reads a genuine checksum file, which has no newline', () => {
    const hash = parseChecksum(readFixture(`archive/${NAME}.CHECKSUM`), NAME);
    assert.match(hash, /^[0-9a-f]{64}$/);
  });

  test('a newline, an asterisk and capitals are tolerated, as sha256sum does', () => {
    for (const text of [
      `${HASH}  ${NAME}\n`,
      `${HASH} *${NAME}`,
      `${HASH}  ${NAME}\r\n`,
      `${HASH.toUpperCase()}  ${NAME}`,
    ]) {
      assert.is(parseChecksum(text, NAME), HASH);
    }
  });

  test('the checksum of another file is refused', () => {
    const other = 'BTCUSDT-1m-2020-01-02.zip';
    assert.is(faultOf(`${HASH}  ${other}`), `its checksum file is about "${other}", expected "${NAME}"`);
  });

  test('anything else is refused', () => {
    for (const text of [
      '',
      HASH,
      `${HASH.slice(1)}  ${NAME}`,
      `${HASH}\t${NAME}`,
      `${HASH}  ${NAME}\n${HASH}  ${NAME}\n`,
      '<html>',
    ]) {
      assert.match(faultOf(text), /^its checksum file holds .*, expected a SHA-256 and the file's name$/);
    }
  });
});
