import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { formatProblem, inspectConfig, loadConfig, type Config } from '../../src/config/index.ts';
import { useTemp } from './temp.ts';

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
  const directory = useTemp();
  const write = async (text: string): Promise<string> => {
    const path = join(directory(), 'config.toml');
    await writeFile(path, text);
    return path;
  };
  return {
    get path() {
      return directory();
    },
    get configPath() {
      return join(directory(), 'config.toml');
    },
    async load(text, env = {}) {
      return (await loadConfig(await write(text), { XDG_CONFIG_HOME: directory(), ...env })).config;
    },
    async lines(text, env = {}) {
      const { problems } = await inspectConfig(await write(text), { XDG_CONFIG_HOME: directory(), ...env });
      return problems.map((problem) => formatProblem(problem).replaceAll(`${directory()}/`, ''));
    },
  };
}
