/** An engine to test against, where its variable names a superuser's URL of a server that has it. */
export interface EngineUrl {
  name: 'Citus' | 'TimescaleDB';
  variable: 'TEST_CITUS_URL' | 'TEST_TIMESCALEDB_URL';
  /** On Citus the coordinator, in a database that knows the workers. Undefined: tests on it are skipped. */
  url: string | undefined;
}

export const CITUS = toEngineUrl('Citus', 'TEST_CITUS_URL');
export const TIMESCALEDB = toEngineUrl('TimescaleDB', 'TEST_TIMESCALEDB_URL');

function toEngineUrl(name: EngineUrl['name'], variable: EngineUrl['variable']): EngineUrl {
  const given = process.env[variable];
  return { name, variable, url: given === '' ? undefined : given };
}
