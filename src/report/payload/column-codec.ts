/**
 * A column of numbers, packed for the page: whole numbers of units of 10^-decimals, each as its difference from the
 * number that the reader expects, stored byte plane by byte plane, the lowest bytes first. Most bytes are then equal, and
 * deflate well. Where the reader expects nothing, it expects the previous number.
 *
 * `decimals` is null where no number of decimals represents all the numbers: then they are stored as doubles.
 */
export interface PackedColumn {
  decimals: number | null;
  /** Bytes for each number. */
  width: number;
  bytes: Uint8Array;
}

/** With more decimals a double cannot hold the last one. */
const MAX_DECIMALS = 12;
const BYTE = 256;

/**
 * Packs numbers without loss; NaN is "no number".
 *
 * @param expected what `unpack` will be given
 */
export function packExactly(numbers: Float64Array, expected?: Float64Array): PackedColumn {
  const decimals = countDecimals(numbers);
  return decimals === null ? packDoubles(numbers) : packUnits(toUnits(numbers, decimals), decimals, expected);
}

/** Packs numbers rounded to `decimals`; NaN is "no number". */
export function packRounded(numbers: Float64Array, decimals: number, expected?: Float64Array): PackedColumn {
  const isWhole = numbers.every((number) => Number.isNaN(number) || isSafe(number * 10 ** decimals));
  if (!isWhole) return packDoubles(numbers);
  const rounded = numbers.map((number) => Number(number.toFixed(decimals)));
  return packUnits(toUnits(rounded, decimals), decimals, expected);
}

/**
 * The numbers of a packed column.
 *
 * @param expected what the numbers most likely are, exactly as they were packed with; NaN is "nothing"
 */
export function unpack({ decimals, width, bytes }: PackedColumn, expected?: Float64Array): Float64Array {
  const length = width === 0 ? 0 : bytes.length / width;
  const numbers = new Float64Array(length);
  if (decimals === null) {
    const doubles = new Uint8Array(numbers.buffer);
    for (let i = 0; i < bytes.length; i += 1) doubles[(i % length) * 8 + Math.floor(i / length)] = bytes[i]!;
    return numbers;
  }
  const scale = 10 ** decimals;
  let units = 0;
  for (let i = 0; i < length; i += 1) {
    let code = 0;
    for (let plane = width - 1; plane >= 0; plane -= 1) code = code * BYTE + bytes[plane * length + i]!;
    if (code > 0) units = expectUnits(expected?.[i], scale, units) + fromCode(code);
    numbers[i] = code === 0 ? NaN : units / scale;
  }
  return numbers;
}

/** The fewest decimals that represent every number exactly; null when there are none. */
export function countDecimals(numbers: Float64Array): number | null {
  let decimals = 0;
  for (const number of numbers) {
    if (Number.isNaN(number)) continue;
    while (decimals <= MAX_DECIMALS && !isRepresentable(number, decimals)) decimals += 1;
  }
  const isFound =
    decimals <= MAX_DECIMALS && numbers.every((number) => Number.isNaN(number) || isRepresentable(number, decimals));
  return isFound ? decimals : null;
}

function isRepresentable(number: number, decimals: number): boolean {
  const scale = 10 ** decimals;
  return isSafe(number * scale) && Math.round(number * scale) / scale === number;
}

/** Whether the code of any difference between two such whole numbers is exact too. */
function isSafe(units: number): boolean {
  return Math.abs(units) < Number.MAX_SAFE_INTEGER / 8;
}

function toUnits(numbers: Float64Array, decimals: number): Float64Array {
  const scale = 10 ** decimals;
  return numbers.map((number) => Math.round(number * scale));
}

/** The units that are expected after `before`. */
function expectUnits(expected: number | undefined, scale: number, before: number): number {
  if (expected === undefined) return before;
  const units = Math.round(expected * scale);
  return isSafe(units) ? units : before;
}

function packUnits(units: Float64Array, decimals: number, expected?: Float64Array): PackedColumn {
  const scale = 10 ** decimals;
  let before = 0;
  const codes = units.map((unit, i) => {
    if (Number.isNaN(unit)) return 0;
    const code = toCode(unit - expectUnits(expected?.[i], scale, before));
    before = unit;
    return code;
  });
  const width = countBytes(codes.reduce((most, code) => Math.max(most, code), 0));
  const bytes = new Uint8Array(width * codes.length);
  for (let i = 0; i < codes.length; i += 1) {
    let rest = codes[i]!;
    for (let plane = 0; plane < width; plane += 1) {
      bytes[plane * codes.length + i] = rest % BYTE;
      rest = Math.floor(rest / BYTE);
    }
  }
  return { decimals, width, bytes };
}

function packDoubles(numbers: Float64Array): PackedColumn {
  const doubles = new Uint8Array(numbers.slice().buffer);
  const bytes = new Uint8Array(doubles.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[(i % 8) * numbers.length + Math.floor(i / 8)] = doubles[i]!;
  return { decimals: null, width: 8, bytes };
}

/** 0 is reserved for "no number": 1, 2, 3, ... stand for the differences 0, -1, 1, -2, ... */
function toCode(difference: number): number {
  return difference < 0 ? -2 * difference : 2 * difference + 1;
}

function fromCode(code: number): number {
  return code % 2 === 0 ? -code / 2 : (code - 1) / 2;
}

function countBytes(code: number): number {
  let width = 1;
  for (let rest = Math.floor(code / BYTE); rest > 0; rest = Math.floor(rest / BYTE)) width += 1;
  return width;
}
