import { dirname, resolve } from 'node:path';

import { CarbonationError } from '../errors/index.ts';
import { buildConfig } from './build.ts';
import { environmentName, onlySecrets, resolveCredentials } from './credentials.ts';
import { locateProblems } from './locate.ts';
import { deepFreeze, formatProblem, hasErrors } from './problem.ts';
import { configSemantics } from './semantics.ts';
import { readTextFile } from './text-file.ts';
import { parseToml } from './toml.ts';
import type { Config, Problem } from './types.ts';
import { schemaProblems } from './validate.ts';
import { validateConfig, validateDatabase } from './validators.ts';

/** What there is to say about a config.toml. */
export interface ConfigInspection {
  /** Null when any problem is an error. */
  readonly config: Config | null;
  readonly problems: readonly Problem[];
  /** The file's content, for `locateProblems`; may hold a password, so it is not to be shown. */
  readonly text: string;
}

/**
 * Reads config.toml.
 *
 * @param path The file, relative to the working directory; problems name it like this.
 * @param env Where `CARBONATION_DATABASE_*` and `XDG_CONFIG_HOME` are looked up.
 * @returns The configuration, frozen, and the warnings.
 * @throws CarbonationError CONFIG_NOT_FOUND; CONFIG_UNREADABLE; CONFIG_INVALID with every problem in `details`;
 *   SECRETS_UNREADABLE when nothing but secrets.toml is wrong.
 */
export async function loadConfig(
  path: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly config: Config; readonly problems: readonly Problem[] }> {
  const { config, problems } = await inspectConfig(path, env);
  if (config !== null) return { config, problems };
  const errors = problems.filter((problem) => problem.severity === 'error');
  const secrets = await onlySecrets(problems, env);
  const [{ file } = { file: path }] = errors;
  const isOne = errors.every((problem) => problem.file === file);
  const isEnvironment = isOne && file === environmentName;
  const where = isEnvironment ? 'the environment' : isOne ? file : path;
  const count = errors.length === 1 ? 'one problem' : `${errors.length} problems`;
  throw new CarbonationError(secrets ? 'SECRETS_UNREADABLE' : 'CONFIG_INVALID', `${where} has ${count}`, {
    details: problems.map(formatProblem),
    ...(isEnvironment && { remedy: 'correct the variable, or unset it' }),
  });
}

/**
 * Reads config.toml and reports everything that is wrong with its content instead of throwing.
 *
 * @param path The file, relative to the working directory; problems name it like this.
 * @throws CarbonationError CONFIG_NOT_FOUND when there is no such file; CONFIG_UNREADABLE.
 */
export async function inspectConfig(path: string, env: NodeJS.ProcessEnv = process.env): Promise<ConfigInspection> {
  const absolute = resolve(path);
  const directory = dirname(absolute);
  const text = await readConfigFile(path, {});
  const { data, problem } = parseToml(text, path);
  if (data === null) return { config: null, problems: [problem], text };

  const problems = configSemantics(data, path, directory);
  const valid = validateConfig(data);
  if (!valid) problems.push(...schemaProblems(validateConfig.errors, data, path));
  const databaseTable: unknown = data['database'] ?? {};
  const database = validateDatabase(databaseTable)
    ? await resolveCredentials(databaseTable, path, directory, env)
    : null;
  problems.push(...(database?.problems ?? []));

  const config =
    valid && database !== null && !hasErrors(problems)
      ? deepFreeze(buildConfig(data, database.database, absolute, directory))
      : null;
  return { config, problems: await locateProblems(firstOfEachKey(problems), { [path]: text }), text };
}

/**
 * Reads config.toml or rules.toml as text.
 *
 * @param options.remedy What to do when there is no such file.
 * @throws CarbonationError CONFIG_NOT_FOUND when there is no such file; CONFIG_UNREADABLE.
 */
export async function readConfigFile(path: string, options: { readonly remedy?: string }): Promise<string> {
  const read = await readTextFile(path);
  if (read.reason === null) return read.text;
  const { reason, isAbsent, cause } = read;
  if (isAbsent) throw new CarbonationError('CONFIG_NOT_FOUND', `${path} ${reason}`, { ...options, cause });
  throw new CarbonationError('CONFIG_UNREADABLE', `${path} ${reason}`, { cause });
}

// What the schema and our own checks both find wrong is said once.
function firstOfEachKey(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ file, key, severity }) => {
    const place = JSON.stringify([file, key, severity]);
    const isNew = key === '' || !seen.has(place);
    seen.add(place);
    return isNew;
  });
}
