import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach } from 'vitest';

import { formatProblem, inspectConfig, loadConfig, type Config } from '../../src/config/index.ts';

/** A directory of its own for each test, which is also where secrets.toml is looked for. */
export interface ConfigDirectory {
  /** Absolute, of the running test. */
  readonly path: string;
  /** Absolute path of config.toml in it. */
  readonly configPath: string;
  /** Writes config.toml and loads it. */
  load(text: string, env?: NodeJS.ProcessEnv): Promise<Config>;
  /** Writes config.toml; its problems as lines, without the directory. */
  lines(text: string, env?: NodeJS.ProcessEnv): Promise<string[]>;
}

/** Makes and removes the directory around each test of the file. */
export function useConfigDirectory(): ConfigDirectory {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'carbonation-config-'));
  });
  afterEach(() => rm(path, { recursive: true }));
  const write = async (text: string): Promise<string> => {
    await writeFile(join(path, 'config.toml'), text);
    return join(path, 'config.toml');
  };
  return {
    get path() {
      return path;
    },
    get configPath() {
      return join(path, 'config.toml');
    },
    async load(text, env = {}) {
      return (await loadConfig(await write(text), { XDG_CONFIG_HOME: path, ...env })).config;
    },
    async lines(text, env = {}) {
      const { problems } = await inspectConfig(await write(text), { XDG_CONFIG_HOME: path, ...env });
      return problems.map((problem) => formatProblem(problem).replaceAll(`${path}/`, ''));
    },
  };
}
