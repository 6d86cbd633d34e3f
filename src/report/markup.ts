/** Markup that needs no escaping. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | null | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * A template of markup: values that are not `Markup` are escaped, for elements and quoted attributes. The template's
 * indentation is removed.
 *
 * @example markup`<td title="${'"'}">${'<b>'}</td>`.text // '<td title="&quot;">&lt;b&gt;</td>'
 */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const written = strings.map((string) => string.replace(/\n\s+/g, '\n'));
  return new Markup(written.reduce((text, string, i) => text + toText(parts[i - 1]!) + string));
}

/** Escapes text for use between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/**
 * JSON for a script element, escaped so that nothing in it can end the element, begin a comment, or end a line.
 */
export function toScriptJson(value: unknown): Markup {
  const escaped = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return new Markup(escaped);
}

function toText(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(toText).join('');
  return escapeHtml(String(part));
}
