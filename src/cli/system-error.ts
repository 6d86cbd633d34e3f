/** The operating system's word for what went wrong (`ENOENT`, `EPIPE`), when the error is one of its own. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
