const [COMMA, QUOTE, SPACE] = [0x2c, 0x22, 0x20];

/** Where the fields of a line are: the beginning and the end of each, one after the other. */
export type FieldBounds = Int32Array;

/** More fields are counted, and not kept. */
const MAX_FIELDS = 256;

/** Bounds for the fields of one line, to be used again for each. */
export function createBounds(): FieldBounds {
  return new Int32Array(2 * MAX_FIELDS);
}

/**
 * Finds the fields of a line of a CSV (RFC 4180): a field may stand in double quotes, which are not part of it. Spaces
 * around a field are not part of it either.
 *
 * @returns how many fields the line has
 */
export function splitFields(csv: Buffer, from: number, end: number, bounds: FieldBounds): number {
  let fields = 0;
  for (let at = from; ; at += 1) {
    while (at < end && csv[at] === SPACE) at += 1;
    const isQuoted = csv[at] === QUOTE && at < end;
    const start = isQuoted ? at + 1 : at;
    at = isQuoted ? findClosingQuote(csv, start, end) : start;
    const close = at;
    while (at < end && csv[at] !== COMMA) at += 1;
    let stop = isQuoted ? close : at;
    while (stop > start && csv[stop - 1] === SPACE) stop -= 1;
    if (fields < MAX_FIELDS) {
      bounds[2 * fields] = start;
      bounds[2 * fields + 1] = stop;
    }
    fields += 1;
    if (at >= end) return fields;
  }
}

/** A doubled quote stands for a quote in the text. */
function findClosingQuote(csv: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at += 1) {
    if (csv[at] !== QUOTE) continue;
    if (csv[at + 1] !== QUOTE || at + 1 >= end) return at;
    at += 1;
  }
  return end;
}

/** The text of a field. */
export function fieldText(csv: Buffer, bounds: FieldBounds, field: number): string {
  return csv.toString('utf8', bounds[2 * field], bounds[2 * field + 1]);
}
