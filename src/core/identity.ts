import type { Stats } from 'node:fs';

/** What tells one state of a file from the next without reading it. */
export interface FileIdentity {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** Set by the kernel on every change; cannot be preserved by a copying tool. */
  readonly ctimeMs: number;
  readonly inode: number;
}

/** The identity in a file's stat. */
export function identityOf(stat: Stats): FileIdentity {
  return { sizeBytes: stat.size, mtimeMs: stat.mtimeMs, ctimeMs: stat.ctimeMs, inode: stat.ino };
}

/** Whether a file is in the same state. */
export function isSameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  return a.sizeBytes === b.sizeBytes && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.inode === b.inode;
}

/** Whether a file is in the same state under another inode number: some file systems, sshfs for one, give them anew with each mount. */
export function isRenumbered(a: FileIdentity, b: FileIdentity): boolean {
  return a.inode !== b.inode && isSameIdentity({ ...a, inode: b.inode }, b);
}

/** Why a file of this kind cannot be a component, or null: it is a regular file. */
export function refusedKind(stat: Stats): string | null {
  if (stat.isFile()) return null;
  if (stat.isSymbolicLink()) return 'symbolic link';
  if (stat.isDirectory()) return 'directory';
  if (stat.isFIFO()) return 'FIFO';
  if (stat.isSocket()) return 'socket';
  return 'device';
}
