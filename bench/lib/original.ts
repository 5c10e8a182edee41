import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureCommand, type Measured } from './process.ts';
import { edited } from './project.ts';

/** Where the virtual environment is, beside what is measured and kept for the next run. */
const environment = join(tmpdir(), 'carbonation-bench-python');

const program = join(environment, 'bin', 'carbonation');

/** The program in Python of which this one is the successor. */
export interface Original {
  readonly version: string;
  /**
   * Makes a project as its own `carbonation init` does, with the same rules, columns and extractor as that of
   * {@link makeProject}, and its database.
   *
   * @param delivery - the directory that it watches
   */
  make(directory: string, delivery: string): void;
  /** Its `run --once` in a project. */
  once(directory: string): Promise<Measured>;
}

function run(directory: string, command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...pluginPath },
  });
}

/** The plugin is found beside the configuration; it need not be installed. */
const pluginPath = { PYTHONPATH: 'my_plugin' };

function versionOf(): string {
  const found = run(tmpdir(), join(environment, 'bin', 'pip'), 'show', 'carbonation');
  return /^Version: (.+)$/m.exec(found)?.[1] ?? 'unknown';
}

/** Installs the original from PyPI into an environment of its own, unless it is there; says why not where it can't be, at length on stderr. */
export function findOriginal(): Original | { readonly why: string } {
  try {
    if (!existsSync(program)) {
      run(tmpdir(), 'python3', '-m', 'venv', environment);
      run(tmpdir(), join(environment, 'bin', 'pip'), 'install', '--quiet', 'carbonation');
    }
    return { version: versionOf(), make: makeOriginal, once };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return { why: '`pip install carbonation` fails here' };
  }
}

function makeOriginal(directory: string, delivery: string): void {
  mkdirSync(directory);
  run(directory, program, 'init');
  const path = join(directory, 'config.toml');
  const toml = edited(readFileSync(path, 'utf8'), /^level = .*$/m, 'level = "WARNING"');
  writeFileSync(path, edited(toml, /^path = "delivery"$/m, `path = ${JSON.stringify(delivery)}`));
  run(directory, program, 'db', 'init');
}

function once(directory: string): Promise<Measured> {
  return measureCommand(program, ['run', '--once'], { cwd: directory, env: pluginPath });
}
