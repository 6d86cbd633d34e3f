import { SYMBOL } from '../bench-market.js';
import type { BenchServer } from '../bench-server.js';

/** Gives the newest rows of the bench's symbol to other symbols too, one after the other. */
export async function copySymbol(
  server: BenchServer,
  url: string,
  { to, newest, keepOriginal }: { to: readonly string[]; newest: number; keepOriginal: boolean },
): Promise<void> {
  await server.query(
    url,
    `create table original as select * from rolling_chart_data where symbol = '${SYMBOL}' order by timestamp desc limit ${newest};
     alter table original drop column symbol;`,
  );
  const columns = await server.query<{ name: string }>(
    url,
    `select attname as name from pg_attribute
     where attrelid = 'original'::regclass and attnum > 0 and not attisdropped order by attnum`,
  );
  const names = columns.map(({ name }) => name).join(', ');
  if (!keepOriginal) await server.query(url, 'truncate rolling_chart_data');
  await server.query(
    url,
    `insert into rolling_chart_data (symbol, ${names})
     select s.symbol, ${names} from unnest('{${to.join(',')}}'::text[]) s(symbol), original order by 1, 2;
     drop table original;`,
  );
  await server.query(url, 'vacuum analyze');
}
