import type { Origin } from '../../config/resolve-settings.js';
import type { SettingValue } from '../../config/setting.js';
import { documentOf, documentOfForms } from '../framework/document/document.js';
import { about, list, nullable, object, oneOf, optional, type Shape, text } from '../framework/document/shape.js';

interface ShownSetting {
  setting: string;
  value: SettingValue | null;
  from: Origin;
}

interface ShownConfig {
  file: string | null;
  database: { kind: 'embedded' | 'postgres' };
  settings: ShownSetting[];
}

type SettingMembers = Omit<ShownSetting, 'from'> & { origin: Origin };

interface ConfigMembers {
  configFile: string | null;
  database: ShownConfig['database'];
  settings: SettingMembers[];
}

const value: Shape<SettingValue | null> = {
  schema: { type: ['string', 'number', 'array', 'null'], items: { type: 'string' } },
  toJson: (shown) => shown,
};

const settingsDocument = documentOf<ShownConfig, ConfigMembers>(
  ({ file, database, settings }) => ({
    configFile: file,
    database,
    settings: settings.map(({ from, ...setting }) => ({ ...setting, origin: from })),
  }),
  {
    configFile: about('The path of the configuration file; null: none.', nullable(text)),
    database: object<ShownConfig['database']>({ kind: oneOf('embedded', 'postgres') }),
    settings: list(
      object<SettingMembers>({
        setting: text,
        value: about('As it is used; secrets are masked.', value),
        origin: about(
          'Where it comes from.',
          object<Origin>({
            kind: oneOf('argument', 'flag', 'environment', '.env', 'file', 'default'),
            name: optional(text),
          }),
        ),
      }),
    ),
  },
);

/** The schema of `--schema` is JSON already. */
export const configDocument = documentOfForms<ShownConfig | { schema: string }>(
  (result) => ('schema' in result ? undefined : 0),
  [settingsDocument],
);
