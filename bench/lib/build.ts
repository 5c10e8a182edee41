import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..', '..');

/** Builds and packs the program as it is published, unpacks it into a new directory, and gives the path of its command. */
export function installedProgram(directory: string): string {
  const run = (cwd: string, command: string, ...args: readonly string[]): void => {
    execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  };
  mkdirSync(directory);
  run(repository, 'npm', 'run', '--silent', 'build');
  run(repository, 'npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', directory);
  const tarball = readdirSync(directory).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack has made no package');
  run(directory, 'tar', 'xzf', tarball);
  symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'));
  return join(directory, 'package', 'bin', 'carbonation.js');
}
