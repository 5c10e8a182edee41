import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';

import { locateProblems } from './locate.ts';
import { hasErrors, problemsOf } from './problem.ts';
import type { RawCredentials } from './raw.ts';
import { readTextFile } from './text-file.ts';
import { suggestFrom } from './suggest.ts';
import { parseToml } from './toml.ts';
import type { DatabaseConfig, DriverName, Problem } from './types.ts';
import { schemaProblems } from './validate.ts';
import { validateSecrets } from './validators.ts';

/** The database's settings as all layers together give them, and what was wrong in any of them. */
export interface Credentials {
  readonly database: DatabaseConfig;
  readonly problems: readonly Problem[];
}

/** One place that settings come from. */
interface Layer {
  /** How problems name it. */
  readonly file: string;
  /** What its relative `password_file` is relative to. */
  readonly directory: string;
  readonly values: RawCredentials;
  readonly problems: readonly Problem[];
}

/** Where the problems of environment variables are. */
export const environmentName = 'environment';

/**
 * Absolute path of the user's secrets.toml; on Linux below `$XDG_CONFIG_HOME`, else `~/.config`. Null for a user without a
 * home: a mere number, as containers may run as.
 */
async function secretsPath(env: NodeJS.ProcessEnv): Promise<string | null> {
  const xdg = env['XDG_CONFIG_HOME'];
  // The specification says that a relative path is to be ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'carbonation', 'secrets.toml');
  try {
    if (process.platform === 'linux') return join(env['HOME'] || homedir(), '.config', 'carbonation', 'secrets.toml');
    // It asks for the home as it is imported.
    const { default: envPaths } = await import('env-paths');
    return join(envPaths('carbonation', { suffix: '' }).config, 'secrets.toml');
  } catch {
    return null;
  }
}

/**
 * Puts `[database]` together: config.toml, else the environment, else secrets.toml (of which nothing counts
 * for SQLite).
 *
 * @param fromFile `[database]` of config.toml.
 * @param file config.toml as its user named it; for problems.
 * @param directory The directory of config.toml.
 */
export async function resolveCredentials(
  fromFile: RawCredentials,
  file: string,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<Credentials> {
  const layers: Layer[] = [{ file, directory, values: fromFile, problems: [] }, environmentLayer(env, directory)];
  const own = pick(layers, 'drivername');
  if (own !== undefined && driverOf(own) === 'sqlite') return sqlite(layers, directory);
  const path = await secretsPath(env);
  const secrets = path === null ? null : await secretsLayer(path);
  const named = own ?? secrets?.values.drivername ?? null;
  // With a mistake in it, it may name a server all the same: a database of SQLite would come to be beside that one.
  const isUnknown = named === null && secrets !== null && hasErrors(secrets.problems);
  const driver = driverOf(named ?? 'sqlite');
  // The secrets are those of a server; beside SQLite their doubts are nobody's business.
  if (driver === 'sqlite' && !isUnknown) return sqlite(layers, directory);
  if (secrets !== null) layers.push(secrets);
  const problems = layers.flatMap((layer) => layer.problems);
  const password = await findPassword(layers, problems);
  refuseAddress(layers, problems);
  if (driver === 'postgresql') warnOfLength(layers, problems);
  const database = {
    driver,
    name: pick(layers, 'name') ?? 'carbonation',
    host: pick(layers, 'host') ?? null,
    port: pick(layers, 'port') ?? null,
    username: pick(layers, 'username') ?? null,
    password,
    tls: pick(layers, 'tls') ?? 'off',
    ca: await findAuthorities(layers, problems),
  };
  return { database, problems };
}

/** SQLite has none. */
const noServer = { host: null, port: null, username: null, password: null, tls: 'off', ca: null } as const;

function sqlite(layers: readonly Layer[], directory: string): Credentials {
  const name = pick(layers, 'name') ?? 'carbonation.db';
  const path = name === ':memory:' ? name : resolve(directory, name);
  return {
    database: { driver: 'sqlite', name: path, ...noServer },
    problems: layers.flatMap((layer) => layer.problems),
  };
}

function pick<Key extends keyof RawCredentials>(layers: readonly Layer[], key: Key): RawCredentials[Key] | undefined {
  return layers.find((layer) => layer.values[key] !== undefined)?.values[key];
}

// `postgresql+psycopg2` names a Python driver; only the part before it matters. MariaDB's driver speaks to MySQL too.
function driverOf(drivername: string): DriverName {
  if (drivername.startsWith('postgresql')) return 'postgresql';
  return drivername.startsWith('sqlite') ? 'sqlite' : 'mariadb';
}

const variables = [
  'drivername',
  'name',
  'host',
  'port',
  'username',
  'password',
  'password_file',
  'tls',
  'ca_file',
] as const;

function environmentLayer(env: NodeJS.ProcessEnv, directory: string): Layer {
  const found: Record<string, string | number> = {};
  for (const name of variables) {
    const value = env[`CARBONATION_DATABASE_${name.toUpperCase()}`];
    if (value === undefined || value === '') continue;
    found[name] = name === 'port' && /^\d+$/.test(value) ? Number(value) : value;
  }
  const data = { database: found };
  const file = environmentName;
  if (validateSecrets(data)) return { file, directory, values: data.database, problems: [] };
  const problems = schemaProblems(validateSecrets.errors, data, file).map((problem) => ({
    ...problem,
    key: `CARBONATION_${problem.key.replace('.', '_').toUpperCase()}`,
  }));
  return { file, directory, values: {}, problems };
}

async function secretsLayer(path: string): Promise<Layer> {
  const directory = dirname(path);
  const none = { file: path, directory, values: {} };
  const read = await readTextFile(path);
  if (read.reason !== null)
    return { ...none, problems: read.isAbsent ? [] : [problemsOf(path).error([], read.reason)] };
  const { text } = read;
  const { data, problem } = parseToml(text, path);
  if (data === null) return { ...none, problems: [problem] };
  if (validateSecrets(data)) {
    const others = Object.keys(data).filter((name) => name !== 'database');
    const doubts = others.map((name) =>
      problemsOf(path).warning([name], 'unknown, and not looked at', suggestFrom(name, ['database'], 'known is')),
    );
    return { ...none, values: data.database, problems: await locateProblems(doubts, { [path]: text }) };
  }
  const problems = await locateProblems(schemaProblems(validateSecrets.errors, data, path), { [path]: text });
  return { ...none, problems };
}

async function findPassword(layers: readonly Layer[], problems: Problem[]): Promise<string | null> {
  for (const { file, directory, values } of layers) {
    const path = keyOf('password_file', file);
    if (values.password !== undefined && values.password_file !== undefined) {
      problems.push(problemsOf(file).error(path, 'expected a password or a password file, not both'));
    }
    if (values.password !== undefined) return values.password;
    if (values.password_file === undefined) continue;
    const read = await readValue(resolve(directory, values.password_file));
    if (read.reason !== null) problems.push(problemsOf(file).error(path, read.reason));
    return read.value;
  }
  return null;
}

/** Neither driver compares a certificate with an address. */
function refuseAddress(layers: readonly Layer[], problems: Problem[]): void {
  const layer = layers.find(({ values }) => values.host !== undefined);
  if (layer?.values.host === undefined || pick(layers, 'tls') !== 'verify' || isIP(layer.values.host) === 0) return;
  const message = 'expected a name, not an address: with tls = "verify" it is compared with that of the certificate';
  problems.push(problemsOf(layer.file).error(keyOf('host', layer.file), message));
}

/** PostgreSQL cuts longer ones off without a word: two that begin alike would be one database. In bytes. */
const longestName = 63;

function warnOfLength(layers: readonly Layer[], problems: Problem[]): void {
  for (const key of ['name', 'username'] as const) {
    const layer = layers.find(({ values }) => values[key] !== undefined);
    if (layer === undefined || Buffer.byteLength(layer.values[key] ?? '') <= longestName) continue;
    const message = `has more than ${longestName} bytes: PostgreSQL ignores the rest, and takes names that differ only there for one`;
    problems.push(problemsOf(layer.file).warning(keyOf(key, layer.file), message));
  }
}

async function findAuthorities(layers: readonly Layer[], problems: Problem[]): Promise<string | null> {
  const layer = layers.find(({ values }) => values.ca_file !== undefined);
  if (layer?.values.ca_file === undefined) return null;
  const refuse = (reason: string) => {
    problems.push(problemsOf(layer.file).error(keyOf('ca_file', layer.file), reason));
    return null;
  };
  if (pick(layers, 'tls') !== 'verify')
    return refuse('expected tls = "verify" beside it: otherwise it would not be looked at');
  const path = resolve(layer.directory, layer.values.ca_file);
  const { value, reason } = await readValue(path);
  if (reason !== null) return refuse(reason);
  return value.includes('-----BEGIN CERTIFICATE-----') ? value : refuse(`${path} holds no certificate in PEM format`);
}

/** How problems name a key of a layer. */
function keyOf(name: (typeof variables)[number], file: string): readonly string[] {
  return file === environmentName ? [`CARBONATION_DATABASE_${name.toUpperCase()}`] : ['database', name];
}

type ValueRead = { readonly value: string; readonly reason: null } | { readonly value: null; readonly reason: string };

/** What a file holds that holds nothing else. */
async function readValue(path: string): Promise<ValueRead> {
  const { text, reason } = await readTextFile(path);
  if (reason !== null) return { value: null, reason: `${path} ${reason}` };
  const value = text.replace(/\r?\n$/, '');
  return value === '' ? { value: null, reason: `${path} is empty` } : { value, reason: null };
}

/** Whether the errors are all in secrets.toml, so that config.toml itself is sound. */
export async function onlySecrets(problems: readonly Problem[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const path = await secretsPath(env);
  return hasErrors(problems) && problems.every(({ severity, file }) => severity === 'warning' || file === path);
}
