/**
 * For a transaction that holds locks: has the server notice within a minute that its client is gone without a word, as
 * when its network fails or its machine loses power. By itself it would wait for two hours, and everybody else with it.
 * What the server or DATABASE_URL sets to less stays.
 *
 * Only for transactions whose answers are read at once: who stops reading for a minute is taken for lost, too.
 */
export const NOTICE_LOST_CLIENT = [
  limit('tcp_keepalives_idle', 30),
  limit('tcp_keepalives_interval', 10),
  limit('tcp_keepalives_count', 3),
  limit('tcp_user_timeout', 60_000),
  // between two statements we compute, and a client that is gone is noticed by the above
  `set_config('idle_in_transaction_session_timeout', '0', true)`,
].join(', ');

/** Sets it until the transaction ends; 0 is the system's own, which is much. */
function limit(name: string, most: number): string {
  return `set_config('${name}', least(nullif(current_setting('${name}')::int, 0), ${most})::text, true)`;
}
