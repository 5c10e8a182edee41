import { readFileSync } from 'node:fs';

/** A limit of the kernel's file events by its name in inotify(7), e.g. `max_user_watches`; null where there is none. */
export function inotifyLimit(name: string): number | null {
  try {
    return Number(readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8'));
  } catch {
    return null;
  }
}
