const MASK = '***';
const SECRET_NAME = /pass|pwd|secret|token|api[-_]?key|credential/i;
const SECRET_HEADER = new RegExp(`${SECRET_NAME.source}|auth|cookie`, 'i');

/**
 * A URL that may be shown: without passwords, also those among its parameters.
 *
 * @param isSecret whether the path grants access, as in ping URLs: only the host is shown
 * @example maskUrl('postgres://me:hunter2@db/platform?sslpassword=x') // 'postgres://me:***@db/platform?sslpassword=***'
 */
export function maskUrl(text: string, isSecret = false): string {
  if (!URL.canParse(text)) return MASK;
  const { protocol, username, password, host, pathname, search, hash } = new URL(text);
  const user = /^https?:$/.test(protocol) && password === '' ? MASK : `${username}${password && `:${MASK}`}`;
  const place = `${protocol}//${username || password ? `${user}@` : ''}${host}`;
  const path = pathname === '/' ? '' : pathname;
  if (isSecret) return path || search || hash ? `${place}/${MASK}` : place;
  const parameters = search
    .slice(1)
    .split('&')
    .filter((parameter) => parameter !== '');
  return place + path + (parameters.length > 0 ? `?${parameters.map(maskParameter).join('&')}` : '');
}

function maskParameter(parameter: string): string {
  const [name = '', value] = parameter.split('=', 2);
  if (!/^[\w.-]+$/.test(name)) return MASK;
  return SECRET_NAME.test(name) || value === undefined ? `${name}=${MASK}` : parameter;
}

/** A program and its arguments without the values of `--password=...`, `--token ...`, `X-Api-Key: ...` and the like, and of URLs. */
export function maskCommand(words: readonly string[]): string[] {
  return words.map((word, i) => {
    const before = words[i - 1] ?? '';
    if (before.startsWith('-') && !before.includes('=') && SECRET_NAME.test(before)) return MASK;
    const [name = '', ...value] = word.split('=');
    if (value.length > 0 && SECRET_NAME.test(name) && !name.includes('://')) return `${name}=${MASK}`;
    const [header = ''] = /^[\w-]+:(?=\s)/.exec(word) ?? [];
    if (SECRET_HEADER.test(header)) return `${header} ${MASK}`;
    return word.replace(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, (url) => (/[@?]/.test(url) ? maskUrl(url) : url));
  });
}

/**
 * The password of a URL: it ends with the last `@` of its word, or, if it holds spaces, with the next `@` before a host.
 */
const CREDENTIALS =
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/"]*):(?!PASSWORD@)(?:[^\s"]*@|(?!\d+[\s/?#,)])[^\n"@]{0,200}@(?=[\w[]))/gi;
const PARAMETERS = new RegExp(`([?&][\\w.-]*(?:${SECRET_NAME.source})[\\w.-]*=)[^&\\s"'\\\\)]+`, 'gi');

/** The text with the password of every URL in it replaced by `***`; messages of libraries and servers may hold some. */
export function redactPasswords(text: string): string {
  return text.replace(CREDENTIALS, '$1:***@').replace(PARAMETERS, '$1***');
}
