import { Console } from 'node:console';
import type { Writable } from 'node:stream';
import { isMainThread } from 'node:worker_threads';

/** Resolves when everything written to a stream so far is out, or will never be. */
export function whenWritten(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    // A stream that was closed has nothing left to write.
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}

/**
 * What this thread prints with `console` goes to stderr: stdout is for what a command answers, and plugins print, too. A thread besides
 * the main one has nothing for stdout at all, whatever writes there.
 */
export function printToStderr(): void {
  globalThis.console = new Console(process.stderr);
  if (!isMainThread) process.stdout.write = process.stderr.write.bind(process.stderr);
}
