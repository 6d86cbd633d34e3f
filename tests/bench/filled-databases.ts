import type { Bench } from './bench.js';
import { backfillFlags, SYMBOL } from './bench-market.js';
import type { BenchServer } from './bench-server.js';

/** Databases as chartctl leaves them, made once each and copied for every use. */
export class FilledDatabases {
  readonly #server: BenchServer;
  readonly #chartctl: Bench['chartctl'];
  readonly #made = new Map<string, Promise<string>>();

  constructor(server: BenchServer, chartctl: Bench['chartctl']) {
    this.#server = server;
    this.#chartctl = chartctl;
  }

  /** An empty database whose schema is there. */
  empty(): Promise<string> {
    return this.variant('empty', async () => {
      const url = await this.#server.create();
      await this.#chartctl(['migrate'], { url });
      return url;
    });
  }

  /** So many rows of one symbol, backfilled up to the bench's clock, vacuumed as a server does in time. */
  rows(count: number): Promise<string> {
    return this.variant(`rows ${count}`, async () => {
      const url = await this.#server.create(await this.empty());
      await this.#chartctl(['backfill', SYMBOL, ...backfillFlags(count)], { url });
      await this.#server.query(url, 'vacuum analyze');
      return url;
    });
  }

  /** Makes a database under a name, or takes the one that was made under it. */
  variant(name: string, make: () => Promise<string>): Promise<string> {
    const made = this.#made.get(name) ?? make();
    this.#made.set(name, made);
    return made;
  }

  /** Runs `work` on a copy that is dropped afterwards. */
  async withCopy<T>(original: Promise<string>, work: (url: string) => Promise<T>): Promise<T> {
    const url = await this.#server.create(await original);
    try {
      return await work(url);
    } finally {
      await this.#server.drop(url);
    }
  }
}
