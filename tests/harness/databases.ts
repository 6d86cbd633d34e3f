/** Placeholder until the scratch cluster lands: no shared server. */
export function startSharedDatabase(): Promise<{ environment: Record<string, string>; stop: () => Promise<void> }> {
  return Promise.resolve({ environment: {}, stop: () => Promise.resolve() });
}
