import { hash, timingSafeEqual } from 'node:crypto';

/** Whether an `Authorization` header bears the token; it takes as long whatever is wrong with it. */
export function bearsToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', token, 'buffer'));
}
