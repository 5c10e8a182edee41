import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { useConfigDirectory } from '../support/config-directory.ts';

const directory = useConfigDirectory();
const server = '[database]\ndrivername = "postgresql"\n';

describe('credentials', () => {
  async function secrets(text: string): Promise<void> {
    await mkdir(join(directory.path, 'carbonation'), { recursive: true });
    await writeFile(join(directory.path, 'carbonation', 'secrets.toml'), text);
  }

  it('come from config.toml before the environment, and from there before secrets.toml', async () => {
    await secrets('[database]\nusername = "secret"\nhost = "secret"\npassword = "secret"\nport = 3\n');
    const env = { CARBONATION_DATABASE_USERNAME: 'env', CARBONATION_DATABASE_HOST: 'env' };
    const { database } = await directory.load(`${server}username = "file"\n`, env);
    expect(database).toMatchObject({ username: 'file', host: 'env', password: 'secret', port: 3, name: 'carbonation' });
  });

  it('take every setting from the environment', async () => {
    const { database } = await directory.load('', {
      CARBONATION_DATABASE_DRIVERNAME: 'mysql',
      CARBONATION_DATABASE_NAME: 'd',
      CARBONATION_DATABASE_HOST: 'h',
      CARBONATION_DATABASE_PORT: '3307',
      CARBONATION_DATABASE_USERNAME: 'u',
      CARBONATION_DATABASE_PASSWORD: 'p',
    });
    expect(database).toEqual({
      driver: 'mariadb',
      name: 'd',
      host: 'h',
      port: 3307,
      username: 'u',
      password: 'p',
      tls: 'off',
      ca: null,
    });
  });

  it('may ask for an encrypted connection, and name the authorities to trust', async () => {
    const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----';
    await writeFile(join(directory.path, 'ca.pem'), `${pem}\n`);
    const env = { CARBONATION_DATABASE_TLS: 'verify', CARBONATION_DATABASE_HOST: 'db.example' };
    expect((await directory.load(`${server}ca_file = "ca.pem"`, env)).database).toMatchObject({
      tls: 'verify',
      ca: pem,
    });
    expect((await directory.load(`${server}tls = "require"`)).database).toMatchObject({ tls: 'require', ca: null });
  });

  it('refuse what a certificate could not be checked with', async () => {
    expect(await directory.lines(`${server}tls = "prefer"`)).toEqual([
      'config.toml:3: database.tls: expected one of "off", "require", "verify", found "prefer"',
    ]);
    expect(await directory.lines(`${server}tls = "require"\nca_file = "ca.pem"`)).toEqual([
      'config.toml:4: database.ca_file: expected tls = "verify" beside it: otherwise it would not be looked at',
    ]);
    expect(await directory.lines(`${server}tls = "verify"\nca_file = "ca.pem"`)).toEqual([
      'config.toml:4: database.ca_file: ca.pem does not exist',
    ]);
    await writeFile(join(directory.path, 'ca.pem'), 'something else');
    expect(await directory.lines(`${server}tls = "verify"\nca_file = "ca.pem"`)).toEqual([
      'config.toml:4: database.ca_file: ca.pem holds no certificate in PEM format',
    ]);
    expect(await directory.lines(`${server}tls = "verify"\nhost = "10.0.0.5"`)).toEqual([
      'config.toml:4: database.host: expected a name, not an address: with tls = "verify" it is compared with that of the certificate',
    ]);
  });

  it('warn of names of which PostgreSQL ignores a part', async () => {
    const long = 'é'.repeat(32);
    const ignored =
      'has more than 63 bytes: PostgreSQL ignores the rest, and takes names that differ only there for one';
    expect(await directory.lines(`${server}name = "${long}"`, { CARBONATION_DATABASE_USERNAME: long })).toEqual([
      `config.toml:3: warning: database.name: ${ignored}`,
      `environment: warning: CARBONATION_DATABASE_USERNAME: ${ignored}`,
    ]);
    expect(await directory.lines(`${server}name = "${'n'.repeat(63)}"`)).toEqual([]);
    expect(await directory.lines(`[database]\ndrivername = "mariadb"\nname = "${long}"`)).toEqual([]);
  });

  it('name the variable that is wrong', async () => {
    expect(await directory.lines('', { CARBONATION_DATABASE_PORT: 'x' })).toEqual([
      'environment: CARBONATION_DATABASE_PORT: expected a port from 1 to 65535, found "x"',
    ]);
    await expect(directory.load('', { CARBONATION_DATABASE_PORT: 'x' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'the environment has one problem',
      remedy: 'correct the variable, or unset it',
    });
  });

  it('are read from a password file beside config.toml, without its newline', async () => {
    await writeFile(join(directory.path, 'pw'), 'p w \n');
    expect((await directory.load(`${server}password_file = "pw"`)).database.password).toBe('p w ');
  });

  it('may have the password file in the environment', async () => {
    await writeFile(join(directory.path, 'pw'), 'x');
    const env = { CARBONATION_DATABASE_PASSWORD_FILE: join(directory.path, 'pw') };
    expect((await directory.load(server, env)).database.password).toBe('x');
  });

  it('report a password file that is missing', async () => {
    expect(await directory.lines(`${server}password_file = "pw"`)).toEqual([
      'config.toml:3: database.password_file: pw does not exist',
    ]);
  });

  it('refuse a password and a password file in one place', async () => {
    const found = await directory.lines(`${server}password = "a"\npassword_file = "b"`);
    expect(found).toEqual(['config.toml:4: database.password_file: expected a password or a password file, not both']);
  });

  it('take the driver from secrets.toml, with all the rest, where nothing else names one', async () => {
    await secrets('[database]\ndrivername = "postgresql+psycopg2"\nhost = "db"\nname = "site"\n');
    expect((await directory.load('')).database).toMatchObject({ driver: 'postgresql', host: 'db', name: 'site' });
    expect((await directory.load('[database]\ndrivername = "sqlite"\n')).database).toMatchObject({
      driver: 'sqlite',
      host: null,
    });
  });

  it.each([
    'not TOML',
    '[database]\ndrivername = "postgres"\n',
    '[database]\ndrivername = "postgresql"\nport = "5432"\n',
  ])('of a secrets.toml with a mistake, which may name a server, do not end in a file of SQLite: %j', async (text) => {
    await secrets(text);
    await expect(directory.load('')).rejects.toMatchObject({ code: 'SECRETS_UNREADABLE' });
  });

  it('of secrets.toml are not even looked at for SQLite', async () => {
    await secrets('not TOML');
    expect((await directory.load('[database]\ndrivername = "sqlite"\n')).database.password).toBeNull();
  });

  it('throw SECRETS_UNREADABLE without quoting it when only secrets.toml is wrong', async () => {
    await secrets('[database]\npassword = hush\n');
    const error = await directory.load(server).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SECRETS_UNREADABLE', details: [expect.stringContaining('secrets.toml:2: ')] });
    expect(JSON.stringify(error)).not.toContain('hush');
  });

  it('warn of what stands in secrets.toml outside of [database], without its value', async () => {
    await secrets('password = "hush"\n[databas]\nusername = "u"\n');
    expect(await directory.lines(server)).toEqual([
      'carbonation/secrets.toml:1: warning: password: unknown, and not looked at; known is: database',
      'carbonation/secrets.toml:2: warning: databas: unknown, and not looked at; did you mean "database"?',
    ]);
    expect((await directory.load(server)).database.username).toBeNull();
  });

  it('tell line and nearest key of a mistake in secrets.toml', async () => {
    await secrets('[database]\n\npasword = "hush"\n');
    expect(await directory.lines(server)).toEqual([
      'carbonation/secrets.toml:3: database.pasword: unknown key; did you mean "password"?',
    ]);
  });

  it('do without secrets.toml for a user that has no home', async () => {
    await writeFile(directory.configPath, server);
    const script = `
      import os from 'node:os';
      import { syncBuiltinESMExports } from 'node:module';
      os.homedir = () => { throw new Error('uv_os_homedir returned ENOENT'); };
      syncBuiltinESMExports();
      const { loadConfig } = await import(${JSON.stringify(new URL('../../src/config/index.ts', import.meta.url).href)});
      console.log((await loadConfig(${JSON.stringify(directory.configPath)}, {})).config.database.driver);
    `;
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    expect(printed.trim()).toBe('postgresql');
  });
});
