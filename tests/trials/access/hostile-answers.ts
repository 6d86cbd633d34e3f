import type { Fault } from '../../loopback/faults.js';
import type { InjectionWorld } from './injection-world.js';

type Kline = unknown[];

/** An answer of the exchange with a hostile text in one place. */
const ANSWERS: Readonly<Record<string, { path: string; fault: (value: string) => Fault }>> = {
  'a complaint': { path: 'klines', fault: (msg) => ({ status: 400, body: { code: -1100, msg } }) },
  'a ban': {
    path: 'klines',
    fault: (msg) => ({ status: 418, headers: { 'retry-after': '1' }, body: { code: -1003, msg } }),
  },
  'a page': { path: 'klines', fault: (body) => ({ body }) },
  'a redirect': {
    path: 'klines',
    fault: (value) => ({ status: 302, headers: { location: encodeURI(value) }, body: value }),
  },
  'a price': {
    path: 'klines',
    fault: (value) => ({
      change: (body: Kline[]) => body.map((line) => line.map((one, i) => (i === 2 ? value : one))),
    }),
  },
  'a time': {
    path: 'klines',
    fault: (value) => ({ change: (body: Kline[]) => body.map(([, ...others]) => [value, ...others]) }),
  },
  'the time of the server': { path: 'time', fault: (serverTime) => ({ body: { serverTime } }) },
  'a listed symbol': {
    path: 'exchangeInfo',
    fault: (value) => ({
      body: {
        symbols: [
          { symbol: value, status: value },
          { symbol: 'ETHUSDT', status: value },
        ],
      },
    }),
  },
};

/** Asks and looks while the exchange says something hostile; answers what it met, and how much was tried. */
export async function hearHostile(
  world: InjectionWorld,
  values: () => readonly string[],
): Promise<{ losses: string[]; tried: number }> {
  const losses: string[] = [];
  let tried = 0;
  for (const [name, { path, fault }] of Object.entries(ANSWERS)) {
    for (const value of values()) {
      tried += 1;
      world.exchange.faults.always(fault(value), { exchange: 'binance', path });
      const what = `${name} was ${JSON.stringify(value)}`;
      const printed: string[] = [];
      for (const argv of [
        ['backfill', 'ETHUSDT', '--minutes', '2', '--json', '--max-wait', '0'],
        ['jobs', '--limit', '2'],
        ['backfill', 'ETHUSDT', '--minutes', '2', '--max-wait', '0'],
      ]) {
        const { stdout, stderr } = await world.type(...argv);
        printed.push(stdout, stderr);
        if (argv.includes('--json')) losses.push(...judgeDocument(stdout).map((loss) => `${what}: ${loss}`));
      }
      world.exchange.faults.clear();
      await world.query('DELETE FROM chartctl_throttle');
      if (printed.some((text) => text.includes('bug:'))) losses.push(`${what}: a bug: ${printed.join('')}`);
      losses.push(...(await world.inspect(what, ...printed)));
    }
  }
  return { losses, tried };
}

function judgeDocument(text: string): string[] {
  try {
    JSON.parse(text);
    return text.trimEnd().includes('\n') ? ['the document is of several lines'] : [];
  } catch (error) {
    return [`no JSON document: ${String(error)}: ${text}`];
  }
}
