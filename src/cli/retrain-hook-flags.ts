import type { Environment } from '../core/environment.js';
import { Failure } from '../core/failure.js';
import { readDuration } from './duration-flag.js';
import type { Flags } from './flags.js';
import { splitCommand } from './split-command.js';

const SECRET = 'CHARTCTL_WEBHOOK_SECRET';
/** The shortest secret that a signature can rest on. */
const SECRET_LENGTH = 16;
/** A timer cannot wait for longer than 24 days. */
const EXEC_LIMITS_MS = { min: 1000, max: 14 * 86_400_000 };

/**
 * What is run or told when a training is due; none of it with `--mark-trained` or `--no-hooks`.
 *
 * @param environment the process's, which the program inherits but for the secret that webhooks are signed with: who has
 * that can tell others that a training is due
 */
export function readRetrainHooks(flags: Flags, environment: Environment) {
  const areForbidden = !flags.isSet('--hooks');
  for (const hook of ['--exec', '--webhook']) {
    flags.atMostOne('--mark-trained', hook);
    if (areForbidden && flags.isSet(hook)) flags.problems.add(`${hook} and --no-hooks exclude each other`);
  }
  const command = flags.parse('--exec', (text) => readCommand(flags, text));
  const timeoutMs = readDuration(flags, '--exec-timeout', EXEC_LIMITS_MS);
  if (flags.isSet('--exec-timeout') && !command && !flags.isSet('--exec'))
    flags.problems.add('--exec-timeout needs --exec');
  if (areForbidden || flags.isSet('--mark-trained')) return {};
  return {
    exec: command && { command, environment: { ...environment, [SECRET]: undefined }, timeoutMs },
    webhook: flags.parse('--webhook', (url) => ({ url: checkUrl(flags, url), secret: readSecret(flags) })),
  };
}

/** The file that a step of GitHub Actions leaves its outputs in, when `--github-output` asks for that. */
export function readGithubOutput(flags: Flags, environment: Environment): string | undefined {
  if (!flags.isSet('--github-output')) return undefined;
  if (environment.GITHUB_OUTPUT) return environment.GITHUB_OUTPUT;
  flags.problems.add(
    '--github-output was given, but GITHUB_OUTPUT is not set',
    'it is set in a step of GitHub Actions',
  );
  return undefined;
}

function readCommand(flags: Flags, text: string): string[] {
  const words = splitCommand(text);
  if (words[0]?.trim()) return words;
  throw new Failure('usage', `${flags.nameOf('--exec')} was ${JSON.stringify(text)}, which begins with no program`);
}

/** The address, of which no message shows more than its beginning: the rest may be a secret. */
function checkUrl(flags: Flags, text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : undefined;
  if (protocol === 'https:' || protocol === 'http:') return text;
  const found = protocol === undefined ? 'was not understood' : `begins with "${protocol}"`;
  throw new Failure('usage', `${flags.nameOf('--webhook')} ${found}`, {
    hint: 'expected a URL that begins with https:// or http://',
  });
}

function readSecret(flags: Flags): string {
  const secret = flags.environment[SECRET] ?? '';
  if (secret.length >= SECRET_LENGTH) return secret;
  const found = secret === '' ? 'is not set' : `has ${secret.length} characters`;
  throw new Failure('usage', `${flags.nameOf('--webhook')} needs a secret to sign with, and ${SECRET} ${found}`, {
    hint: `set it in the environment or in .env to at least ${SECRET_LENGTH} characters, such as those of: openssl rand -hex 32`,
  });
}
