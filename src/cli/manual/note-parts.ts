/** A part of the notes below a command's flags. */
export type NotePart = { kind: 'entry'; word: string; meaning: string } | { kind: 'text'; text: string };

/**
 * The notes of a command as an entry of a list for each line such as `  word   what it means`, and a paragraph for
 * the lines between two empty ones or entries: where a line ended in the source means nothing.
 */
export function toNoteParts(lines: readonly string[]): NotePart[] {
  const parts: NotePart[] = [];
  let paragraph: string[] = [];
  const end = () => {
    if (paragraph.length > 0) parts.push({ kind: 'text', text: paragraph.join(' ') });
    paragraph = [];
  };
  for (const line of lines) {
    const [, word, meaning] = /^ {2}(\S+) {2,}(\S.*)$/.exec(line) ?? [];
    if (word === undefined && line.trim() !== '') paragraph.push(line.trim());
    else end();
    if (word !== undefined && meaning !== undefined) parts.push({ kind: 'entry', word, meaning });
  }
  end();
  return parts;
}
