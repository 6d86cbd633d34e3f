import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { floorMinute } from '../../../src/core/minute.js';
import { openStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { generatedSource } from '../../../src/exchange/replay/candle-source.js';
import { type ProcessResult, runInProcess } from '../../commands/run-in-process.js';
import type { Backend, TestDatabase } from '../../harness/databases.js';
import { databaseEnvironment } from '../../harness/shell-world.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';

/** The name of the file that a shell creates if it runs one of the texts. */
const INJECTED_FILE = 'pwned';

/** Texts with a special meaning in SQL, a shell, a terminal, HTML, a spreadsheet, cron or a workflow. */
export const HOSTILE_TEXTS: readonly string[] = [
  `'; DROP TABLE rolling_chart_data; --`,
  `$(touch ${INJECTED_FILE})`,
  `\`touch ${INJECTED_FILE}\``,
  `"; touch ${INJECTED_FILE}; "`,
  `x\ntouch ${INJECTED_FILE}\n* * * * * root touch ${INJECTED_FILE}`,
  `%s%n%\\'; touch ${INJECTED_FILE} #`,
  `\u001b]0;${INJECTED_FILE}\u0007\u001b[2J\u009b31m\u202e`,
  `\u0000; touch ${INJECTED_FILE}`,
  `=cmd|' /C touch ${INJECTED_FILE}'!A0`,
  `</script><script>alert('${INJECTED_FILE}')</script>`,
  `\${{ github.token }}{{ ${INJECTED_FILE} }}: !!js |`,
];

/** Neither arguments of a program nor texts of the database can hold it. */
export const NUL = '\u0000';

/** Control characters of terminals; output to a file or a pipe must not contain any. */
// the rule no-control-regex forbids these characters in a literal
const CONTROL_CHARACTERS = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** A program that appends its arguments to a file. */
const NOTE_ARGUMENTS = `
  require('fs').appendFileSync(process.env.NOTES, JSON.stringify(process.argv.slice(2)) + '\\n')`;

/** A database with candles, an exchange, and a folder in which no file named INJECTED_FILE may appear. */
export class InjectionWorld {
  /** A program that appends its arguments to the file that `NOTES` names. */
  readonly noteArguments: string;
  readonly notes: string;
  #filled = '';

  private constructor(
    readonly database: TestDatabase,
    private readonly owner: Store,
    readonly exchange: Loopback,
    readonly folder: string,
  ) {
    this.noteArguments = join(folder, 'note.cjs');
    this.notes = join(folder, 'notes');
    writeFileSync(this.noteArguments, NOTE_ARGUMENTS);
    mkdirSync(join(folder, 'bin'));
    symlinkSync(resolve('dist/bin/chartctl.js'), join(folder, 'bin', 'chartctl'));
  }

  static async open(backend: Backend): Promise<InjectionWorld> {
    const exchange = await startLoopback({
      binance: generatedSource(['BTCUSDT']),
      nowMs: floorMinute(Date.now()) + 5_000,
    });
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-injection-'));
    const database = await backend.createMigrated();
    const world = new InjectionWorld(database, await openStore(database.config), exchange, folder);
    await world.type('backfill', 'BTCUSDT', '--minutes', '5');
    world.#filled = await world.digest();
    return world;
  }

  type = (...argv: string[]): Promise<ProcessResult> => this.typeWith({}, ...argv);

  typeWith = (variables: Record<string, string>, ...argv: string[]): Promise<ProcessResult> => {
    const env = {
      PATH: process.env.PATH ?? '',
      NOTES: this.notes,
      ...this.exchange.environment,
      ...databaseEnvironment(this.database.daily),
      ...variables,
    };
    const program = { node: process.execPath, script: this.noteArguments };
    return runInProcess(argv, { cwd: this.folder, env, program });
  };

  /** Runs a query as the owner of the tables. */
  query = async <T extends object>(statement: string, values: readonly string[] = []): Promise<T[]> =>
    (await this.owner.knex.raw<{ rows: T[] }>(statement, values)).rows;

  /** Checks the candles, the folder and the output after an attempt. */
  async inspect(what: string, ...texts: string[]): Promise<string[]> {
    const losses: string[] = [];
    if ((await this.digest()) !== this.#filled) losses.push(`${what}: the candles are others`);
    const made = readdirSync(this.folder, { recursive: true, encoding: 'utf8' });
    if (made.some((name) => basename(name) === INJECTED_FILE)) losses.push(`${what}: a shell ran it`);
    const moved = texts.find((text) => CONTROL_CHARACTERS.test(text));
    if (moved !== undefined) losses.push(`${what}: controls reached the terminal: ${JSON.stringify(moved)}`);
    return losses;
  }

  async close(): Promise<void> {
    await this.exchange.close();
    await this.owner.close();
    await this.database.drop();
    rmSync(this.folder, { recursive: true });
  }

  private async digest(): Promise<string> {
    const rows = await this.query(
      `SELECT timestamp, open, high, low, close, volume, source, written_at FROM rolling_chart_data
       WHERE symbol = 'BTCUSDT' ORDER BY timestamp`,
    );
    if (rows.length === 0) throw new Error('there are no candles');
    return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
  }
}
