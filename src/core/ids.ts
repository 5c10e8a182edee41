import { hash, randomBytes } from 'node:crypto';

/** Makes the program's random ids; replaced in tests to make runs repeatable. */
export type NewId = () => string;

/** 12 hex digits, enough to tell processes of one machine apart for ever. */
export const randomId: NewId = () => randomBytes(6).toString('hex');

/** A short, stable key of any texts: 32 hex digits (128 bits) of their SHA-256. NUL cannot occur in a path, so it separates. */
export function stableKey(...parts: readonly string[]): string {
  return hash('sha256', parts.join('\0')).slice(0, 32);
}
