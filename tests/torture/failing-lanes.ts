import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { faultsModule } from './crashes.ts';
import type { Failing } from './failures.ts';

const script = fileURLToPath(new URL('failing-lives.ts', import.meta.url));

/** Has each failure happen, in so many processes at a time; what went wrong, one line each. */
export async function wrongsOfFailures(failures: readonly Failing[], lanes: number): Promise<readonly string[]> {
  const wrongs: string[] = [];
  let done = 0;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const child = spawn(process.execPath, ['--import', faultsModule, script], { stdio: ['pipe', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      child.stdin.end(JSON.stringify(failures.filter((_, i) => i % lanes === lane)));
      for await (const line of createInterface({ input: child.stdout })) {
        const { failure, problems }: { failure: Failing; problems: readonly string[] } = JSON.parse(line);
        const { point, act, lasts } = failure;
        const what = `${act.code} ${act.when} ${point}, ${lasts}`;
        wrongs.push(...problems.map((problem) => `${what}: ${problem}`));
        done += 1;
      }
      await ended;
    }),
  );
  return done === failures.length ? wrongs : [...wrongs, `${failures.length - done} failures were not tried`];
}
