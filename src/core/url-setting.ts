import { URL_PATTERN } from './setting-patterns.js';
import type { ValueSchema } from './setting.js';

export const URL_SCHEMA: ValueSchema = { type: 'string', pattern: URL_PATTERN };
export const URL_EXPECTED = 'a URL that begins with https:// or http://';
