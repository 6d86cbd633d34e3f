import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Backend, TestDatabase } from '../../harness/databases.js';
import { databaseVariables } from '../../harness/shell-world.js';
import { generatedSource } from '../../../src/exchange/replay/generated-source.js';
import { floorMinute } from '../../../src/core/minute.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { runInProcess, type Ended } from '../../commands/run-in-process.js';
import { startLoopback, type Loopback } from '../../loopback/start-loopback.js';
import { CONTROLS, PWNED } from './hostile-values.js';

/** Writes down what it is called with. */
const NOTE_ARGUMENTS = `
  require('fs').appendFileSync(process.env.NOTES, JSON.stringify(process.argv.slice(2)) + '\\n')`;

/** A database with candles, an exchange, and a folder in which nobody may make a file of a certain name. */
export class InjectionWorld {
  /** A program that notes its arguments in the file that `NOTES` names. */
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
    const database = await backend.create();
    const world = new InjectionWorld(database, await openStore(database.config), exchange, folder);
    await world.typeWith(databaseVariables(world.database.config), 'migrate');
    await world.database.limitRoles();
    await world.type('backfill', 'BTCUSDT', '--minutes', '5');
    world.#filled = await world.digest();
    return world;
  }

  type = (...argv: string[]): Promise<Ended> => this.typeWith({}, ...argv);

  typeWith = (variables: Record<string, string>, ...argv: string[]): Promise<Ended> => {
    const env = {
      PATH: process.env.PATH ?? '',
      NOTES: this.notes,
      ...this.exchange.environment,
      ...databaseVariables(this.database.daily),
      ...variables,
    };
    const program = { node: process.execPath, script: this.noteArguments };
    return runInProcess(argv, { cwd: this.folder, env, program });
  };

  /** As the role that owns the tables. */
  query = async <T extends object>(statement: string, values: readonly string[] = []): Promise<T[]> =>
    (await this.owner.knex.raw<{ rows: T[] }>(statement, values)).rows;

  /** What is wrong after something hostile was tried: the candles, the folder, the terminal. */
  async inspect(what: string, ...texts: string[]): Promise<string[]> {
    const losses: string[] = [];
    if ((await this.digest()) !== this.#filled) losses.push(`${what}: the candles are others`);
    const made = readdirSync(this.folder, { recursive: true, encoding: 'utf8' });
    if (made.some((name) => basename(name) === PWNED)) losses.push(`${what}: a shell ran it`);
    const moved = texts.find((text) => CONTROLS.test(text));
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
