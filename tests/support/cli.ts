import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { inject, vi } from 'vitest';

import { createCli, main } from '../../src/cli/main.ts';

// Vite completes clipanion's `main` to a module that Node cannot load; Node itself takes the right one.
vi.mock('clipanion', () => createRequire(import.meta.url)('clipanion'));

/** Every command, as the parser has them. */
export const parser = createCli(false);

/** What a command came to. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Keeps what is written to it. */
export class TextStream extends Writable {
  text = '';

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}

/** Where and how a command is called. */
export interface RunCliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdout?: Writable;
}

/** Runs a command in this process. */
export async function runCli(argv: readonly string[], options: RunCliOptions): Promise<CliResult> {
  const stdout = new TextStream();
  const stderr = new TextStream();
  const code = await main(argv, {
    stdin: Readable.from([]),
    stdout: options.stdout ?? stdout,
    stderr,
    env: { ...options.env },
    cwd: options.cwd,
    colorDepth: 1,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** The file that the command `carbonation` is in a clone: it runs the sources. */
export const clonePath = fileURLToPath(new URL('../../bin/carbonation.js', import.meta.url));

/** The file that it is once the program is installed. */
export const binPath = join(inject('program').directory, 'bin/carbonation.js');

/** Runs a program to its end; a failure is a result, too. */
export function runProgram(file: string, args: readonly string[], cwd: string): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    execFile(file, [...args], { cwd, env: { PATH: process.env['PATH'] ?? '', HOME: cwd } }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}
