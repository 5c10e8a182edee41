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
      echo: false,
    });
  });

  it('name the variable that is wrong', async () => {
    expect(await directory.lines('', { CARBONATION_DATABASE_PORT: 'x' })).toEqual([
      'environment: CARBONATION_DATABASE_PORT: expected a port from 1 to 65535, found "x"',
    ]);
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

  it('of secrets.toml are not even looked at for SQLite', async () => {
    await secrets('not TOML');
    expect((await directory.load('')).database.password).toBeNull();
  });

  it('throw SECRETS_UNREADABLE without quoting it when only secrets.toml is wrong', async () => {
    await secrets('[database]\npassword = hush\n');
    const error = await directory.load(server).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SECRETS_UNREADABLE', details: [expect.stringContaining('secrets.toml:2: ')] });
    expect(JSON.stringify(error)).not.toContain('hush');
  });

  it('tell line and nearest key of a mistake in secrets.toml', async () => {
    await secrets('[database]\n\npasword = "hush"\n');
    expect(await directory.lines(server)).toEqual([
      'carbonation/secrets.toml:3: database.pasword: unknown key; did you mean "password"?',
    ]);
  });
});
