import fc from 'fast-check';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDuration } from '../../../src/core/duration.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { parseInstant } from '../../../src/core/parse-time.js';
import { splitCommand, toShellCommand } from '../../../src/core/shell-words.js';
import { isSymbol, parseSymbols, toStoredForm } from '../../../src/core/symbol.js';
import { tryLockFile } from '../../../src/database/file-locks/lock-file.js';
import { describeThisProcess, isRunning, type LockOwner } from '../../../src/database/file-locks/lock-owner.js';
import { formatMetrics, METRIC_NAMES, parseMetrics, type Sample } from '../../../src/monitoring/prometheus.js';
import { group } from '../../harness/group.js';
import { mutatedText } from '../../harness/mutations.js';
import { Properties } from '../../harness/property.js';
import { effort } from '../../harness/trial.js';

const RUNS = effort(400, 100_000);
const TIMEOUT = { timeoutMs: effort(60_000, 3_600_000) };
const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

const instants = fc.date({ min: new Date('0101-01-01'), max: new Date('9998-12-31'), noInvalidDate: true });
const offsets = fc.integer({ min: -14 * 60, max: 14 * 60 });

/** A time in ISO 8601 with an offset. */
function writeTime(time: Date, offset: number, separator: string): string {
  const local = new Date(time.getTime() + offset * MINUTE_MS).toISOString().slice(0, -1).replace('T', separator);
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${local}${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

const durations = fc
  .tuple(...['d', 'h', 'm', 's'].map((unit) => fc.option(fc.nat({ max: 999_999_999 }).map((count) => count + unit))))
  .map((parts) => parts.join(''));

const words = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', "'", '"', '\\', '\n', '$x')), {
  minLength: 1,
});

const samples: fc.Arbitrary<Sample[]> = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...METRIC_NAMES),
    labels: fc.record({ symbol: fc.string({ unit: 'binary' }), rule: fc.string({ unit: 'grapheme' }) }),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
  }),
  { maxLength: 5, selector: (sample) => JSON.stringify([sample.name, sample.labels]) },
);

const ownProcess = describeThisProcess();
const owners: LockOwner[] = [
  ownProcess,
  { ...ownProcess, pid: 4_194_304, token: 'gone' },
  { ...ownProcess, host: 'elsewhere', token: 'far' },
  { ...ownProcess, processStart: '1', token: 'former' },
];

/** Compares as a set: the file groups the samples of a metric. */
function sorted(found: readonly Sample[]): string {
  return JSON.stringify(found.map(({ name, labels, value }) => JSON.stringify([name, labels, value])).sort());
}

group('text formats', (test) => {
  const properties = new Properties({
    fault: 'random and damaged times, words, lock files and metrics files',
    unit: 'inputs',
  });

  test(
    'a time is the instant that it names, or a refusal',
    () => {
      const written = fc.tuple(instants, offsets, fc.constantFrom('T', 't', ' '));
      properties.checkNow('times', RUNS, written, ([time, offset, separator]) => {
        const found = parseInstant(writeTime(time, offset, separator));
        if (found !== time.getTime()) throw new Error(`"${writeTime(time, offset, separator)}" was ${found}`);
      });
      properties.fuzz('damaged times', RUNS, {
        inputs: mutatedText(written.map((parts) => writeTime(...parts))),
        parse: parseInstant,
        findWrong: (found, text) => {
          const known = Date.parse(text.replace(' ', 'T').toUpperCase());
          // a part of a millisecond is rounded up here and down by Date.parse
          const isSame = Number.isNaN(known) || found === known || (found === known + 1 && /\.\d{4,}/.test(text));
          return Number.isFinite(found) && isSame ? undefined : `${found}, not ${known}`;
        },
      });
    },
    TIMEOUT,
  );

  test(
    'a duration is the sum of its parts or a refusal',
    () => {
      properties.fuzz('durations', RUNS, {
        inputs: mutatedText(durations),
        parse: parseDuration,
        findWrong: (found, text) => {
          const parts = [...text.toLowerCase().matchAll(/([0-9]+)([dhms])/g)];
          const sum = parts.reduce((total, [, count, unit]) => total + Number(count) * UNITS[unit!]!, 0);
          return found === sum && parts.length > 0 ? undefined : `${found}, not ${sum}`;
        },
      });
    },
    TIMEOUT,
  );

  test(
    'symbols are those of the text, upper-case and unique, or a refusal',
    () => {
      properties.fuzz('symbols', RUNS, {
        inputs: fc.array(mutatedText(fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/)), { minLength: 1, maxLength: 3 }),
        parse: parseSymbols,
        findWrong: (found, texts) => {
          const known = new Set(texts.map((text) => toStoredForm(text.trim())));
          const isRight = found.every((symbol) => isSymbol(symbol) && known.has(symbol));
          return isRight && found.length === known.size ? undefined : JSON.stringify(found);
        },
      });
    },
    TIMEOUT,
  );

  test(
    'a command is split into its quoted words or refused',
    () => {
      properties.checkNow('quoted words', RUNS, words, (given) => {
        const found = splitCommand(toShellCommand(given));
        if (JSON.stringify(found) !== JSON.stringify(given)) throw new Error(`split into ${JSON.stringify(found)}`);
      });
      properties.fuzz('commands', RUNS, {
        inputs: mutatedText(words.map(toShellCommand)),
        parse: splitCommand,
        findWrong: (found) => {
          const again = splitCommand(toShellCommand(found));
          return found.length > 0 && JSON.stringify(again) === JSON.stringify(found)
            ? undefined
            : JSON.stringify(found);
        },
      });
    },
    TIMEOUT,
  );

  test(
    'a metrics file is read as it was written; damaged lines are skipped',
    () => {
      properties.checkNow('metrics', RUNS, samples, (given) => {
        const found = parseMetrics(formatMetrics(given));
        if (sorted(found) !== sorted(given)) throw new Error(`read ${JSON.stringify(found)}`);
      });
      properties.fuzz('damaged metrics', RUNS, {
        inputs: mutatedText(samples.map(formatMetrics)),
        parse: parseMetrics,
        isAccepted: (found) => found.length > 0,
        findWrong: (found) => {
          const isRight = found.every(({ value }) => Number.isFinite(value));
          return isRight && sorted(parseMetrics(formatMetrics(found))) === sorted(found) ? undefined : sorted(found);
        },
      });
    },
    TIMEOUT,
  );

  test(
    'a lock file is held by the running process that it names, or it is taken over',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'chartctl-fuzz-lock-'));
      const path = join(folder, 'lock');
      const mine = { ...ownProcess, token: 'mine' };
      properties.fuzz('lock files', RUNS, {
        inputs: mutatedText(fc.constantFrom(...owners).map((owner) => JSON.stringify(owner))),
        parse: (text) => {
          for (const name of readdirSync(folder)) rmSync(join(folder, name));
          writeFileSync(path, text);
          // the file of an owner that has exited is replaced in steps: retry
          return [1, 2, 3].map(() => tryLockFile(path, mine)).at(-1);
        },
        isAccepted: (owner) => owner?.token !== mine.token,
        findWrong: (owner, text) => {
          const isOurs = owner?.token === mine.token && readFileSync(path, 'utf8') === JSON.stringify(mine);
          const isTheirs = owner !== undefined && isRunning(owner) && text.includes(owner.token);
          return isOurs || isTheirs ? undefined : JSON.stringify(owner);
        },
      });
      rmSync(folder, { recursive: true });
    },
    TIMEOUT,
  );

  test('all were tried', () => properties.conclude());
});
