import type { BenchServer } from '../bench-server.js';

/** Counts the statements that others run on a database meanwhile, where the server has the means to. */
export async function withStatementCount<T>(
  server: BenchServer,
  url: string,
  work: () => Promise<T>,
): Promise<{ result: T; counts: { statements?: number } }> {
  if (!server.countsStatements) return { result: await work(), counts: {} };
  const database = new URL(url).pathname.slice(1);
  await server.query(url, `create extension if not exists pg_stat_statements`);
  await server.query(url, `select pg_stat_statements_reset()`);
  await server.query(url, `alter database ${database} set pg_stat_statements.track = 'top'`);
  try {
    const result = await work();
    await server.query(url, `alter database ${database} reset pg_stat_statements.track`);
    const [sum] = await server.query<{ calls: number }>(
      url,
      `select sum(calls)::int as calls from pg_stat_statements s join pg_database d on d.oid = s.dbid
       where d.datname = '${database}' and query not ilike 'alter database%'`,
    );
    return { result, counts: { statements: sum?.calls ?? 0 } };
  } finally {
    await server.query(url, `alter database ${database} reset pg_stat_statements.track`);
  }
}
