import type { Knex } from 'knex';

/** The files of Binance's archive from which rows were taken. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE IF NOT EXISTS chartctl_archive_files (
      symbol text NOT NULL,
      url text NOT NULL,
      job_id bigint NOT NULL,
      name text NOT NULL,
      from_time timestamptz NOT NULL,
      to_time timestamptz NOT NULL,
      sha256 text NOT NULL,
      verified boolean NOT NULL,
      etag text,
      last_modified timestamptz,
      entry_time timestamptz,
      fetched_at timestamptz NOT NULL,
      rows integer NOT NULL,
      missing integer NOT NULL,
      duplicates integer NOT NULL,
      used jsonb NOT NULL,
      PRIMARY KEY (symbol, url, job_id)
    );
    COMMENT ON TABLE chartctl_archive_files IS 'Files of Binance''s public archive, or imported files, that a job took rows from';
    COMMENT ON COLUMN chartctl_archive_files.url IS 'where the file was read: a URL, or a path';
    COMMENT ON COLUMN chartctl_archive_files.from_time IS 'the period of the file, from_time included, to_time not';
    COMMENT ON COLUMN chartctl_archive_files.verified IS 'whether its published SHA-256 was compared; else only its CRC-32 was';
    COMMENT ON COLUMN chartctl_archive_files.etag IS 'as the server gave it; it changes when the file is published anew';
    COMMENT ON COLUMN chartctl_archive_files.entry_time IS 'when Binance made the file: the time in the zip';
    COMMENT ON COLUMN chartctl_archive_files.rows IS 'rows in the file';
    COMMENT ON COLUMN chartctl_archive_files.missing IS 'minutes of its period without a usable row';
    COMMENT ON COLUMN chartctl_archive_files.duplicates IS 'rows that repeat another one';
    COMMENT ON COLUMN chartctl_archive_files.used IS
      'the minutes for which the job took its rows: pairs of epoch milliseconds, the second one not included';
  `);
}

/** A table with rows stays: a later migration takes it up again. */
export async function down(knex: Knex): Promise<void> {
  const held = await knex.raw<{ rows: unknown[] }>('SELECT 1 FROM chartctl_archive_files LIMIT 1');
  if (held.rows.length === 0) await knex.raw('DROP TABLE chartctl_archive_files');
}
