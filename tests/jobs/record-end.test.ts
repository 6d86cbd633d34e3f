import * as assert from 'uvu/assert';
import { runJob } from '../../src/jobs/run-job.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { worldGroup } from '../harness/job-world.js';

/** The first record of an end loses its connection: what a sequence gave is not taken back with the transaction. */
const LOSE_FIRST_END = `
  CREATE SEQUENCE ends;
  GRANT USAGE ON SEQUENCE ends TO PUBLIC;
  CREATE FUNCTION lose_first_end() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('ends') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
      RETURN NEW;
    END $$;
  CREATE TRIGGER lose_first_end BEFORE UPDATE ON chartctl_jobs FOR EACH ROW
    WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION lose_first_end();`;

const servers = databases().filter(({ name }) => name === 'PostgreSQL');
if (servers.length === 0) group("a job's end", (test) => test.skip('all of it', 'no PostgreSQL here'));
worldGroup(
  "a job's end",
  (test) => {
    test('is recorded when its connection is lost just then: the work is done', async ({ asOwner, context, store }) => {
      await asOwner(({ store: owned }) => owned.knex.raw(LOSE_FIRST_END));
      const { jobId, exitCode } = await runJob(
        context,
        { symbols: ['BTCUSDT'] },
        { command: 'rebuild', arguments: {}, work: () => Promise.resolve({}) },
      );
      assert.is(exitCode, 0);
      const jobs = await store.knex('chartctl_jobs').where({ id: jobId }).select('outcome', 'exit_code');
      assert.equal(jobs, [{ outcome: 'done', exit_code: 0 }]);
      const ends = await asOwner(({ store: owned }) => owned.knex('ends').select('last_value'));
      assert.equal(ends, [{ last_value: '2' }]);
    });
  },
  servers,
);
