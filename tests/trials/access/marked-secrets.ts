/** A marker in every secret and nowhere else: its second character is not in base64. */
export const MARK = 'Z!7';

/** Passwords with characters that are hard to redact. */
export const PASSWORDS: readonly string[] = [
  `${MARK}marked`,
  `${MARK}@/:#?%&=+ x`,
  `${MARK}.*(+[^$|]{2}\\`,
  `${MARK}'"\`$(id)`,
  `${MARK}ä€\u{1f511}`,
  MARK,
];

/** The marker in base64, for each of its three alignments. */
const HIDDEN = ['me:', 'm:', 'me2:'].map((before) =>
  Buffer.from(`${before}${MARK}marked`).toString('base64').slice(4, 12),
);

/** The line of a text that contains a secret; undefined when there is none. */
export function findLeak(text: string): string | undefined {
  const line = text.split('\n').find((candidate) => [MARK, ...HIDDEN].some((mark) => candidate.includes(mark)));
  return line?.slice(0, 400);
}

/** Faulty database URLs by what is wrong with them. */
export const BAD_DATABASES: Readonly<Record<string, (password: string, server: URL) => string>> = {
  'a wrong password': (password, { host }) => `postgres://with_password:${encode(password)}@${host}/postgres`,
  'a closed port': (password) => `postgres://me:${encode(password)}@127.0.0.1:1/charts`,
  'no such host': (password) => `postgres://me:${encode(password)}@no-such-host.invalid/charts`,
  'no such database': (password, { host }) => `postgres://chartctl_daily:${encode(password)}@${host}/no_such_database`,
  'no such user': (password, { host }) => `postgres://nobody_of_this_name:${encode(password)}@${host}/postgres`,
  'a password that is not escaped': (password) => `postgres://me:${password}@127.0.0.1:1/charts`,
  'a port that is none': (password) => `postgres://me:${encode(password)}@127.0.0.1:port/charts`,
  'another scheme': (password) => `mysql://me:${encode(password)}@127.0.0.1/charts`,
  'no scheme': (password) => `me:${password}@127.0.0.1/charts`,
  'nothing but the password': (password) => password,
  'passwords among the parameters': (password) =>
    `postgres://127.0.0.1:1/charts?user=me&password=${encode(password)}&sslpassword=${encode(password)}`,
  'a setting that no server knows': (password, { host, pathname }) =>
    `postgres://chartctl_daily:${encode(password)}@${host}${pathname}?no_such_setting=1`,
  'encryption that is not offered': (password, { host, pathname }) =>
    `postgres://chartctl_daily:${encode(password)}@${host}${pathname}?sslmode=require`,
  'a key that is no file': (password, { host, pathname }) =>
    `postgres://chartctl_daily:${encode(password)}@${host}${pathname}?sslmode=require&sslkey=/no/file&sslpassword=${encode(password)}`,
  'a role that may do nothing': (password, { host, pathname }) =>
    `postgres://chartctl_reader:${encode(password)}@${host}${pathname}`,
  'nothing is wrong': (password, { host, pathname }) =>
    `postgres://chartctl_daily:${encode(password)}@${host}${pathname}`,
};

/** All other variables that may hold a secret. */
export function secretVariables(password: string, receiver: string): Record<string, string> {
  const place = (url: string) => url.replace('://', `://me:${encode(password)}@`);
  return {
    CHARTCTL_PING_URL: place(`${receiver}/${encode(password)}`),
    CHARTCTL_WEBHOOK: place(`http://127.0.0.1:1/${encode(password)}`),
    CHARTCTL_WEBHOOK_SECRET: `${password} and sixteen more`,
    CHARTCTL_BINANCE_URL: place('http://127.0.0.1:1'),
    CHARTCTL_BYBIT_URL: place('http://127.0.0.1:1'),
    CHARTCTL_FALLBACK: 'bybit',
    CHARTCTL_EXEC: `train --password ${encode(password)} https://me:${encode(password)}@trainer.example`,
    PGPASSWORD: password,
  };
}

const encode = encodeURIComponent;
