const MINUTE_KEYS = new Set(['from', 'to', 'minute', 'readyFrom', 'askAgainAt']);

/** One JSON document, on one line: minutes and dates become ISO 8601 with `Z`, what is undefined is left out. */
export function formatJson(document: object): string {
  return `${JSON.stringify(document, replaceMinute)}\n`;
}

function replaceMinute(key: string, value: unknown): unknown {
  if (typeof value !== 'number' || !MINUTE_KEYS.has(key)) return value;
  return new Date(value).toISOString().replace('.000Z', 'Z');
}
