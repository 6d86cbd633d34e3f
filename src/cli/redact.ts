/** A password ends with the last `@` of its word; one with spaces, after which a host must come, with the next. */
const CREDENTIALS =
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/"]*):(?!PASSWORD@)(?:[^\s"]*@|(?!\d+[\s/?#,)])[^\n"@]{0,200}@(?=[\w[]))/gi;
const PARAMETERS = /([?&][\w.-]*(?:pass|pwd|secret|token|api[-_]?key|credential)[\w.-]*=)[^&\s"'\\)]+/gi;

/** The text with the password of every URL in it replaced by `***`: the last net below messages of others. */
export function redactPasswords(text: string): string {
  return text.replace(CREDENTIALS, '$1:***@').replace(PARAMETERS, '$1***');
}
