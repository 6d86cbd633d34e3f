import { Document, Scalar, visit } from 'yaml';

/** What a document can hold here; members that are undefined are left out. */
export type YamlValue = string | number | boolean | readonly YamlValue[] | YamlMap;
export interface YamlMap {
  readonly [key: string]: YamlValue | undefined;
}

/**
 * Text that is a string without quotes in YAML 1.1 and 1.2 alike. The library decides by one version, and Kubernetes and
 * GitHub read others; some readers of 1.1 parse a lone exponent as 0.
 */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|null|y|n|e-?\d+)$)[A-Za-z/][A-Za-z0-9_./@-]*$/i;

/** A value as a YAML document in block style. Keys are not quoted: GitHub wants `on:`. */
export function writeYaml(value: YamlMap): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (key, node) => {
      if (key !== 'key' && typeof node.value === 'string') node.type = styleOf(node.value);
    },
  });
  return document.toString({ lineWidth: 0, doubleQuotedAsJSON: true });
}

function styleOf(text: string): Scalar.Type {
  if (text.includes('\n')) return Scalar.BLOCK_LITERAL;
  return PLAIN.test(text) ? Scalar.PLAIN : Scalar.QUOTE_DOUBLE;
}
