import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleProgram } from '../../scripts/bundle.ts';
import { scaffold } from '../../src/scaffold/index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The program as it is published, without types and page, and a project as `carbonation init` makes it, with its database. */
    readonly program: { readonly directory: string };
  }
}

const root = join(import.meta.dirname, '../..');
/** In the repository, where the program's dependencies are found. */
const cache = join(root, '.cache/tests');

/** A directory that is as old as this, in ms, is of no run that still goes on. */
const forgetMs = 86_400_000;

/**
 * Bundles the program before the tests, for the threads and commands that they start. A directory is named by what is in it
 * and never changed, so that runs at the same time do not disturb each other, and compiled code is found again.
 */
export default async function setup({ provide }: TestProject): Promise<() => void> {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    const old = join(cache, name);
    if (Date.now() - statSync(old).mtimeMs > forgetMs) rmSync(old, { recursive: true, force: true });
  }
  const made = mkdtempSync(join(cache, 'new-'));
  let directory = '';
  try {
    // Tests run commands as other users.
    chmodSync(made, 0o755);
    await bundleProgram(join(made, 'dist/program'));
    for (const name of ['bin', 'package.json']) cpSync(join(root, name), join(made, name), { recursive: true });
    for (const name of ['plugin-template', 'schemas']) symlinkSync(join(root, name), join(made, name));
    mkdirSync(join(made, 'dist/src/scaffold'), { recursive: true });
    symlinkSync(join(root, 'src/scaffold/templates'), join(made, 'dist/src/scaffold/templates'));
    await scaffold({ directory: join(made, 'project'), systemd: false, user: null });
    execFileSync(process.execPath, [join(made, 'bin/carbonation.js'), 'db', 'init'], { cwd: join(made, 'project') });
    directory = join(cache, contentHash(made));
    if (existsSync(directory)) utimesSync(directory, new Date(), new Date());
    else renameSync(made, directory);
    provide('program', { directory });
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return () => {
    if (contentHash(directory) === basename(directory)) return;
    rmSync(directory, { recursive: true });
    throw new Error('a test has changed what many share: the bundle or the plugin in `.cache/tests`');
  };
}

function contentHash(directory: string): string {
  const hash = createHash('sha256');
  for (const path of globSync('{bin,dist/program,project,package.json}{,/**/*.{js,ts,toml,json}}', {
    cwd: directory,
  }).toSorted())
    if (/\.\w+$/.test(path)) hash.update(`${path}\0`).update(readFileSync(join(directory, path)));
  return hash.digest('hex').slice(0, 16);
}
