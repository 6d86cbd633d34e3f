import type { Knex } from 'knex';
import { migrationConfig, migrationSource } from './migrations/index.js';
import { parseConfig } from './src/config/config.js';
import { Problems } from './src/config/problems.js';
import { readConfiguration } from './src/config/read-configuration.js';
import { toKnexConfig } from './src/database/pool.js';

const problems = new Problems();
const configuration = await readConfiguration({ env: process.env, cwd: process.cwd() }, problems);
problems.throwIfAny();
const { database } = parseConfig(configuration, process.cwd());

/** Knex's command prints pending migrations by their file. */
const namedForKnexCommand: typeof migrationSource = {
  ...migrationSource,
  getMigrations: async (extensions) => {
    const entries = await migrationSource.getMigrations(extensions);
    return entries.map((entry) => ({ ...entry, file: entry.name }));
  },
};

/** What the program itself uses, for Knex's own command: `npm run knex -- migrate:status`. */
const config: Knex.Config = {
  ...toKnexConfig(database),
  acquireConnectionTimeout: 60_000, // the embedded database may have to be created first
  migrations: { ...migrationConfig, migrationSource: namedForKnexCommand },
};

export default config;
