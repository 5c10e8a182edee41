import { readFile, realpath } from 'node:fs/promises';
import { isBelow } from '../core/index.ts';

/** The mounts that this process sees, one a line, as proc_pid_mountinfo(5) says; only Linux has it. */
const table = '/proc/self/mountinfo';

/** What has become of the mounts below a directory. */
export interface MountChange {
  readonly hasCome: boolean;
  readonly hasGone: boolean;
}

/** The mounts below a directory: neither one that comes nor one that goes brings an event where it is. */
export class MountPoints {
  readonly #root: string;
  readonly #read: () => Promise<string>;
  #known: ReadonlySet<string> | null = null;

  /** @param read - gives the mounts, as `/proc/self/mountinfo` does; replaced in tests */
  constructor(root: string, read: () => Promise<string> = () => readFile(table, 'utf8')) {
    this.#root = root;
    this.#read = read;
  }

  /** What has changed since the last look; nothing at the first one, and where mounts cannot be found out. */
  async look(): Promise<MountChange> {
    const now = await this.#below();
    const before = this.#known ?? now;
    this.#known = now;
    return {
      hasCome: [...now].some((mount) => !before.has(mount)),
      hasGone: [...before].some((mount) => !now.has(mount)),
    };
  }

  async #below(): Promise<ReadonlySet<string>> {
    try {
      const root = await realpath(this.#root);
      return new Set(
        mountPoints(await this.#read())
          .filter(({ path }) => path !== root && isBelow(root, path))
          .map(({ id, device, path }) => `${id} ${device} ${path}`),
      );
    } catch {
      return this.#known ?? new Set();
    }
  }
}

/** The disks that are mounted below a directory, by where they are; none where mounts cannot be found out. */
export async function mountedBelow(directory: string): Promise<readonly string[]> {
  const mounts = mountPoints(await readFile(table, 'utf8').catch(() => ''));
  return mounts.map(({ path }) => path).filter((path) => path !== directory && isBelow(directory, path));
}

function mountPoints(text: string): readonly { readonly id: string; readonly device: string; readonly path: string }[] {
  return text.split('\n').flatMap((line) => {
    const [id = '', , device = '', , point] = line.split(' ');
    return point === undefined ? [] : [{ id, device, path: unescaped(point) }];
  });
}

/** Spaces, tabs, line feeds and backslashes are written as `\` and three octal digits. */
function unescaped(field: string): string {
  return field.replaceAll(/\\(\d{3})/g, (_, digits: string) => String.fromCodePoint(parseInt(digits, 8)));
}
