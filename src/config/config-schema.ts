import type { Setting } from './setting.js';
import { SETTING_GROUPS, SETTINGS } from './settings.js';

/** A JSON Schema of draft 2020-12. */
type JsonSchema = { [keyword: string]: unknown };

/** The JSON Schema of the configuration file, which is published with the program. */
export function configSchema(): JsonSchema {
  const groups = Object.entries(SETTING_GROUPS).map(([group, description]) => [
    group,
    { description, ...objectOf(SETTINGS.filter(({ key }) => key.startsWith(`${group}.`))) },
  ]);
  const { properties, ...rest } = objectOf(SETTINGS.filter(({ key }) => !key.includes('.')));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:chartctl:config:1',
    title: 'chartctl.config.json',
    description:
      'The settings of chartctl; flags and the environment override them. DATABASE_URL and CHARTCTL_WEBHOOK_SECRET ' +
      'belong in the environment or in .env, because this file gets committed.',
    ...rest,
    properties: {
      $schema: { description: 'Where this schema is, for editors.', type: 'string' },
      ...(properties as object),
      ...Object.fromEntries(groups),
    },
  };
}

function objectOf(settings: readonly Setting[]): JsonSchema {
  const properties = settings.map((setting) => [setting.key.split('.').at(-1)!, propertyOf(setting)]);
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(properties) };
}

function propertyOf({ meaning, variable, flag, schema, default: value, defaultText }: Setting): JsonSchema {
  const also = [flag?.split(' ')[0], variable].filter((name) => name !== undefined).join(', ');
  const otherwise = defaultText === undefined ? '' : ` Default: ${defaultText}.`;
  const description = `${meaning[0]!.toUpperCase()}${meaning.slice(1)}.${otherwise} Also: ${also}.`;
  return { description, ...schema, ...(value !== undefined && { default: value }) };
}

/** The schema as the published file. */
export function formatConfigSchema(): string {
  return `${JSON.stringify(configSchema(), null, 2)}\n`;
}
