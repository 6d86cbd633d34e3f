import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readConfigFile } from '../../../src/config/config-file.js';
import { parseConfig } from '../../../src/config/config.js';
import { parseJson } from '../../../src/config/json-text.js';
import { Problems } from '../../../src/config/problems.js';
import { resolveSettings } from '../../../src/config/resolve-settings.js';
import { SETTINGS } from '../../../src/config/settings.js';
import { readListFile } from '../../../src/config/text-file.js';
import { Failure } from '../../../src/core/failure.js';
import { parseMinute } from '../../../src/core/parse-time.js';
import { isSymbol, parseSymbols, toStoredForm } from '../../../src/core/symbol.js';
import { formatAddress, parseConnectionUrl } from '../../../src/database/connection/connection-url.js';
import { DOCUMENTS } from '../../config/config-document.js';
import { group } from '../../harness/group.js';
import { mutatedText } from '../../harness/mutations.js';
import { Properties } from '../../harness/property.js';
import { effort } from '../../harness/trial.js';

const RUNS = effort(400, 100_000);
const TIMEOUT = { timeoutMs: effort(60_000, 3_600_000) };

const symbols = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/);
const times = fc
  .date({ min: new Date('1970-01-01T00:00Z'), max: new Date('9999-12-31T23:59Z'), noInvalidDate: true })
  .map((date) => `${date.toISOString().slice(0, 16)}Z`);

/** The lines of a list file, with comments, blank lines and a byte order mark. */
function listsOf(entries: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const lines = fc.array(fc.oneof(entries, fc.constantFrom('', '# a comment', '  ')), { maxLength: 5 });
  return fc
    .tuple(fc.constantFrom('', '\uFEFF'), lines, fc.constantFrom('\n', '\r\n'))
    .map(([mark, found, end]) => mark + found.join(end));
}

/** Lines of an .env file, valid and invalid ones. */
const variables = fc
  .constantFrom(
    'CHARTCTL_WINDOW=600',
    'CHARTCTL_SYMBOLS="BTCUSDT, ETHUSDT"',
    'CHARTCTL_FALLBACK=',
    'CHARTCTL_SIGMA=3.5',
  )
  .chain((known) =>
    fc
      .array(fc.tuple(fc.constantFrom(...SETTINGS.map(({ variable }) => variable)), fc.string({ maxLength: 12 })), {
        maxLength: 4,
      })
      .map((others) => [known, ...others.map(([name, value]) => `${name}=${value}`)].join('\n')),
  );

const PASSWORD = 'hunter2secret';
const urls = fc
  .record({
    scheme: fc.constantFrom('postgres', 'postgresql', 'postgres', 'http'),
    user: fc.constantFrom('me', 'me%40x', ''),
    host: fc.constantFrom('localhost', '127.0.0.1', '[::1]', '%2Fvar%2Frun', 'db.example.com', ''),
    port: fc.constantFrom('', ':5432', ':1', ':65535', ':0'),
    database: fc.constantFrom('', '/platform', '/a%20b'),
    query: fc.constantFrom('', '?sslmode=require', '?connect_timeout=3', '?port=x', '?search_path=a&options=-c%20x'),
  })
  .map(({ scheme, user, host, port, database, query }) => {
    return `${scheme}://${user}:${PASSWORD}@${host}${port}${database}${query}`;
  });

group('configuration', (test) => {
  const properties = new Properties({ fault: 'random and damaged configuration, files and URLs', unit: 'inputs' });
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-fuzz-'));
  const fileOf = (text: string) => {
    writeFileSync(join(folder, 'file'), text);
    return 'file';
  };

  test(
    '.env gives a configuration of valid values, or problems',
    () => {
      properties.fuzz('.env', RUNS, {
        inputs: mutatedText(variables),
        parse: (text) => {
          const dotEnv = parseEnv(text);
          const problems = new Problems();
          const settings = resolveSettings({ environment: {}, dotEnv }, (problem) => problems.append(problem));
          problems.throwIfAny();
          return parseConfig({ settings, environment: dotEnv }, '/data');
        },
        findWrong: ({ symbols: found, exchange }) =>
          found.every(isSymbol) && exchange.binanceUrls.every((url) => URL.canParse(url))
            ? undefined
            : JSON.stringify({ found, exchange }),
      });
    },
    TIMEOUT,
  );

  test(
    'a configuration file gives valid settings, or problems',
    () => {
      properties.fuzz('configuration files', RUNS, {
        inputs: mutatedText(DOCUMENTS.map((document) => JSON.stringify(document, null, 1))),
        parse: (text) => {
          const problems = new Problems();
          const file = readConfigFile(join(folder, fileOf(text)), problems);
          problems.throwIfAny();
          const settings = resolveSettings({ environment: {}, dotEnv: {}, file }, (problem) =>
            problems.append(problem),
          );
          problems.throwIfAny();
          return parseConfig({ settings, environment: {} }, '/data');
        },
      });
    },
    TIMEOUT,
  );

  test(
    'JSON is accepted exactly where JSON.parse accepts it, apart from its depth',
    () => {
      properties.fuzz('JSON texts', RUNS, {
        inputs: mutatedText(fc.json({ maxDepth: 3 })),
        parse: (text) => (readsAsJson(text) ? parseJson(text, 'it').value : refuseBoth(text)),
        findWrong: (value, text) => (JSON.stringify(value) === JSON.stringify(JSON.parse(text)) ? undefined : text),
      });
    },
    TIMEOUT,
  );

  test(
    'a file of symbols gives symbols in capitals, or a refusal',
    () => {
      properties.fuzz('symbols files', RUNS, {
        inputs: mutatedText(listsOf(symbols)),
        parse: (text) => parseSymbols(readListFile(fileOf(text), folder).flatMap((line) => line.split(/[\s,]+/))),
        findWrong: (found, text) =>
          found.every((symbol) => isSymbol(symbol) && toStoredForm(text).includes(symbol))
            ? undefined
            : JSON.stringify(found),
      });
    },
    TIMEOUT,
  );

  test(
    'a file of timestamps gives minutes that can be printed, or a refusal',
    () => {
      properties.fuzz('timestamps files', RUNS, {
        inputs: mutatedText(listsOf(times)),
        parse: (text) => readListFile(fileOf(text), folder).map(parseMinute),
        findWrong: (minutes) =>
          minutes.every((minute) => minute % 60_000 === 0 && /^\d{4}-/.test(new Date(minute).toISOString()))
            ? undefined
            : JSON.stringify(minutes),
      });
    },
    TIMEOUT,
  );

  test(
    'a database URL gives an address whose name shows no password, or a refusal that shows none either',
    () => {
      properties.fuzz('connection URLs', RUNS, {
        inputs: mutatedText(urls),
        parse: (url) => {
          try {
            return parseConnectionUrl(url, { PGUSER: 'me' });
          } catch (error) {
            if (!(error instanceof Failure) || `${error.message}${error.hint}`.includes('hunter2')) throw error;
            throw error;
          }
        },
        findWrong: (address) => {
          const { port, timeoutMs, password } = address;
          const isRight = port > 0 && port < 65_536 && Number.isInteger(port) && timeoutMs > 0 && timeoutMs <= 8_000;
          const isShown = password.length > 6 && formatAddress(address).includes(password);
          return isRight && !isShown ? undefined : JSON.stringify(address);
        },
      });
    },
    TIMEOUT,
  );

  test('all were tried', () => {
    rmSync(folder, { recursive: true });
    properties.conclude();
  });
});

/** The refusal of a text that JSON.parse refuses. */
function refuseBoth(text: string): never {
  parseJson(text, 'it');
  throw new Error(`was accepted, although it is not valid JSON: ${text}`);
}

function readsAsJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
