/** A description with every stretch of white space, also a line's end, as one space. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
