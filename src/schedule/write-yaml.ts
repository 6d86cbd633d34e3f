/** What a YAML document can hold here; members that are undefined are left out. */
export type YamlValue = string | number | boolean | readonly YamlValue[] | YamlMap;
export interface YamlMap {
  readonly [key: string]: YamlValue | undefined;
}

/** Text that is a string without quotes in YAML 1.1 and 1.2 alike; some readers of 1.1 take a lone exponent for 0. */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|null|y|n|e-?\d+)$)[A-Za-z/][A-Za-z0-9_./@-]*$/i;

/** A value as a YAML document of the block style; text of several lines keeps them. */
export function writeYaml(value: YamlMap): string {
  return `${writeMap(value, '').join('\n')}\n`;
}

function writeMap(map: YamlMap, indent: string): string[] {
  return Object.entries(map).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const [first = '', ...rest] = writeValue(value, indent);
    return [`${indent}${key}:${first}`, ...rest];
  });
}

function writeList(list: readonly YamlValue[], indent: string): string[] {
  return list.flatMap((item) => {
    const isMap = typeof item === 'object' && !Array.isArray(item);
    if (!isMap) {
      const [first = '', ...rest] = writeValue(item, indent);
      return [`${indent}-${first}`, ...rest];
    }
    const lines = writeMap(item as YamlMap, `${indent}  `);
    return [`${indent}- ${lines[0]!.trimStart()}`, ...lines.slice(1)];
  });
}

/** What follows `key:` on its line, then the lines below it. */
function writeValue(value: YamlValue, indent: string): string[] {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) return value.length === 0 ? [' []'] : ['', ...writeList(value as readonly YamlValue[], deeper)];
  if (typeof value === 'object') {
    const lines = writeMap(value as YamlMap, deeper);
    return lines.length === 0 ? [' {}'] : ['', ...lines];
  }
  if (typeof value === 'string' && value.includes('\n')) {
    return [' |', ...value.split('\n').map((line) => `${deeper}${line}`)];
  }
  return [` ${typeof value === 'string' ? writeText(value) : String(value)}`];
}

/** JSON's quoted strings are YAML's. */
function writeText(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text);
}
