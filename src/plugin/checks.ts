import { suggestion } from './suggest.ts';

/** An object whose properties may be looked at. */
export type Properties = Readonly<Record<string, unknown>>;

/** Whether a value is an object literal (or has no prototype), not an array, class instance, Promise … */
export function isPlainObject(value: unknown): value is Properties {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A prototype without a prototype is some realm's Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What a value is, for a message: `text`, `an array`, `a Promise` … */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'object') return isPlainObject(value) ? 'an object' : withArticle(className(value));
  return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
}

function withArticle(noun: string): string {
  return `${/^[AEIO]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}

function className(value: object): string {
  const { constructor } = value;
  if (typeof constructor === 'function' && constructor.name !== '') return constructor.name;
  // `Generator`, of what has no class of its own.
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

/** One problem for each key of `value` that is not known, with the nearest known one. */
export function unknownKeys(value: Properties, known: readonly string[], what: string): string[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => `${what} has an unknown key "${key}"${suggestion(key, known)}`);
}

/** Why a text cannot be stored in every database, or null. */
export function textProblem(value: string): string | null {
  if (value.includes('\0')) return 'contains a NUL character, which databases cannot store';
  if (!value.isWellFormed()) return 'contains half a surrogate pair, which databases cannot store';
  return null;
}
