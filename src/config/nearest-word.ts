/**
 * The word that was probably meant: the one with the fewest edits (a letter added, left out, changed or swapped with
 * its neighbour; case is ignored), if these are at most a third of its letters.
 */
export function findNearestWord(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({
    candidate,
    edits: countEdits(word.toLowerCase(), candidate.toLowerCase()),
  }));
  const [nearest] = ranked.sort((a, b) => a.edits - b.edits);
  return nearest && nearest.edits <= Math.max(1, nearest.candidate.length / 3) ? nearest.candidate : undefined;
}

/** The Damerau-Levenshtein distance in its restricted form (optimal string alignment): no letter is edited twice. */
function countEdits(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > to.length) return Infinity;
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwapped ? rows[i - 2]![j - 2]! + 1 : Infinity;
      row.push(Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + (isSame ? 0 : 1), swapped));
    }
    rows.push(row);
  }
  return rows[from.length]![to.length]!;
}
