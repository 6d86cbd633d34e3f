import type { PendingQuery, Row } from 'postgres';

/** Rejects when the driver rejects the query, even after it was resolved with its stream. */
export function onReject(query: PendingQuery<Row[]>): Promise<never> {
  const driverQuery = query as unknown as { reject: (error: Error) => void };
  const refused = new Promise<never>((_, reject) => {
    const original = driverQuery.reject;
    driverQuery.reject = (error) => {
      reject(error);
      original(error);
    };
  });
  refused.catch(() => undefined); // it may come after the race is over
  return refused;
}
