export type Environment = Readonly<Record<string, string | undefined>>;

/** What only the environment or `.env` may say: secrets, and a configuration file gets committed. */
export const ENVIRONMENT_ONLY = [
  {
    variable: 'DATABASE_URL',
    meaning:
      "`postgres://USER:PASSWORD@HOST:PORT/DATABASE`; what it leaves out comes from libpq's `PG...` variables; unset: the embedded database",
  },
  { variable: 'CHARTCTL_WEBHOOK_SECRET', meaning: 'signs what the webhook is told' },
] as const;

export type EnvironmentOnly = (typeof ENVIRONMENT_ONLY)[number]['variable'];
