/** Writes batches of 100 rows into an embedded database, one transaction each, and prints the number of each committed batch. */
import { withStore } from '../../src/database/open-store.js';
import { inTransaction } from '../../src/database/transaction.js';

const [dataDir = ''] = process.argv.slice(2);

await withStore({ kind: 'embedded', dataDir }, async (store) => {
  await store.knex.raw('create table if not exists batches (batch int, n int, primary key (batch, n))');
  for (let batch = 1; ; batch += 1) {
    const rows = Array.from({ length: 100 }, (_, n) => ({ batch, n }));
    await inTransaction(store, (trx) => trx('batches').insert(rows));
    process.stdout.write(`${batch}\n`);
  }
});
