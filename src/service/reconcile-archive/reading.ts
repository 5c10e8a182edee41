import type { FilePool, ReadFile } from '../../workers/index.ts';

/** A file to read, with the size that is expected of it. */
export interface ToRead {
  readonly archivePath: string;
  readonly sizeBytes: number;
}

/** Files, and bytes, that one request asks for. */
const filesPerRequest = 16;
const bytesPerRequest = 32 * 1024 * 1024;

/** Reads archived files in the threads; the answers in the order of the files. */
export async function readAll(pool: FilePool, files: readonly ToRead[]): Promise<readonly ReadFile[]> {
  const requests: string[][] = [];
  let bytes = Infinity;
  for (const { archivePath, sizeBytes } of files) {
    const last = requests.at(-1);
    if (last === undefined || last.length >= filesPerRequest || bytes + sizeBytes > bytesPerRequest) {
      requests.push([archivePath]);
      bytes = sizeBytes;
    } else {
      last.push(archivePath);
      bytes += sizeBytes;
    }
  }
  return (await Promise.all(requests.map((paths) => pool.read({ paths })))).flat();
}

/** What is wrong with a file that differs. */
export function wordOf(found: Exclude<ReadFile, { outcome: 'gone' }>, file: Pick<ToRead, 'sizeBytes'>): string {
  if (found.outcome !== 'read') return found.reason;
  const size = found.sizeBytes === file.sizeBytes ? '' : `, ${found.sizeBytes} bytes instead of ${file.sizeBytes}`;
  return `changed content${size}`;
}
