const CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/"]*):(?!PASSWORD@)[^\s"]*@/gi;

/** The text with the password of every URL in it replaced by `***`: the last net below messages of others. */
export function redactPasswords(text: string): string {
  return text.replace(CREDENTIALS, '$1:***@');
}
