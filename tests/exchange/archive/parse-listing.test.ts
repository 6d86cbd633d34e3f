import * as assert from 'uvu/assert';
import { parseListing } from '../../../src/exchange/archive/parse-listing.js';
import { RequestError } from '../../../src/exchange/http/request-error.js';
import { group } from '../../harness/group.js';

const KEY = 'data/spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2017-08.zip';

function entry(key: string, size = '801150', modified = '2021-06-22T11:34:18.000Z'): string {
  return `<Contents><Key>${key}</Key><LastModified>${modified}</LastModified><ETag>&quot;0123abc&quot;</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

function listing(contents: string, isTruncated = false): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>data.binance.vision</Name><Prefix>data/</Prefix><Marker></Marker><MaxKeys>1000</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>${contents}</ListBucketResult>`;
}

function faultOf(text: string): string {
  try {
    parseListing(text);
  } catch (error) {
    if (error instanceof RequestError) return `${error.kind}: ${error.message}`;
    throw error;
  }
  throw new Error('it was accepted');
}

group('parseListing', (test) => {
  test('gives key, size, tag and time of every file', () => {
    const { files, nextMarker } = parseListing(listing(entry(KEY) + entry(`${KEY}.CHECKSUM`, '88')));
    assert.equal(files, [
      { key: KEY, sizeBytes: 801_150, etag: '0123abc', lastModified: Date.UTC(2021, 5, 22, 11, 34, 18) },
      { key: `${KEY}.CHECKSUM`, sizeBytes: 88, etag: '0123abc', lastModified: Date.UTC(2021, 5, 22, 11, 34, 18) },
    ]);
    assert.is(nextMarker, null);
  });

  test('a page goes on from its last key, also a stray one', () => {
    const stray = 'data/spot/monthly/klines/BTCUSDT/1m/part-00000-x.zip';
    assert.is(parseListing(listing(entry(KEY) + entry(stray), true)).nextMarker, stray);
  });

  test('names in other letters and with entities are decoded', () => {
    const { files } = parseListing(listing(entry('data/&#24065;安&amp;.zip')));
    assert.is(files[0]!.key, 'data/币安&.zip');
  });

  test('a page without a match is empty', () => {
    assert.equal(parseListing(listing('')), { files: [], nextMarker: null });
  });

  test('a refusal, a page of HTML and a page that cannot be continued are errors', () => {
    const denied = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
    assert.is(faultOf(denied), 'refused: the listing of the archive answered "AccessDenied"');
    assert.is(faultOf('<!doctype html>'), 'invalid: the listing of the archive was HTML, expected a ListBucketResult');
    assert.is(faultOf('{}'), 'invalid: the listing of the archive was something else, expected a ListBucketResult');
    assert.is(
      faultOf(listing('', true)),
      'invalid: the listing of the archive has more pages but no key to go on from',
    );
    assert.is(faultOf(listing(entry(KEY, '-1'))), `invalid: the listing of the archive has an invalid entry: "${KEY}"`);
    assert.is(
      faultOf(listing(entry(KEY, '1', 'soon'))),
      `invalid: the listing of the archive has an invalid entry: "${KEY}"`,
    );
  });
});
