import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { moduleUrl } from './own-files.ts';

/** How long a disk may take to answer whoever only wants to know whether it does, in ms. */
const answerMs = 5000;

/** What is said of a path whose disk keeps silent, as the end of a sentence that the path begins. */
export const silence = 'does not answer: its disk or server may be away';

/** The same as a sentence. */
export function silenceOf(path: string): string {
  return `${path} ${silence}`;
}

/** Which of some places are on a disk that does not answer. Another process looks, since one whose call has no answer cannot end. */
export async function silentPlaces(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const places = [...new Set(paths)];
  const silent = new Set(places);
  if (places.length === 0) return silent;
  const entry = fileURLToPath(moduleUrl('core/silent-places.worker'));
  const looker = spawn(process.execPath, [entry, ...places], { stdio: ['ignore', 'pipe', 'ignore'] });
  const isOver = await new Promise<boolean>((resolve) => {
    const limit = setTimeout(() => resolve(false), answerMs);
    const end = (): void => {
      clearTimeout(limit);
      resolve(true);
    };
    let unread = '';
    looker.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (unread + text).split('\n');
      unread = lines.pop() ?? '';
      for (const line of lines) silent.delete(places[Number(line)] ?? '');
      if (silent.size === 0) end();
    });
    looker.on('error', end).on('close', end);
  });
  // It may be that it cannot be ended, either: nobody waits for it.
  looker.kill('SIGKILL');
  looker.stdout.destroy();
  looker.unref();
  // One that ends by itself has been kept from looking, which says nothing about any disk.
  return isOver ? new Set() : silent;
}
