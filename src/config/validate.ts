import type { ErrorObject } from 'ajv';

import { formats } from './formats.ts';
import type { KeyPath } from './key-path.ts';
import { problemsOf } from './problem.ts';
import { didYouMean, suggestFrom } from './suggest.ts';
import { isTable } from './toml.ts';
import type { Problem } from './types.ts';

/** A JSON schema as plain data. `x-expects` says in words what a value must be, `x-values` lists what is known. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * The problems of the last call of a compiled schema, one for each key.
 *
 * @param prefix Where the validated value stands in the file.
 */
export function schemaProblems(
  errors: readonly ErrorObject[] | null | undefined,
  data: unknown,
  file: string,
  prefix: KeyPath = [],
): Problem[] {
  const problems = new Map<string, Problem>();
  for (const error of errors ?? []) {
    const problem = problemOf(error, [...prefix, ...pathOf(error.instancePath, data)], file);
    // A table without a value that decides between forms fails in several ways; the first says it all.
    if (!problems.has(problem.key)) problems.set(problem.key, problem);
  }
  return [...problems.values()];
}

// A JSON pointer does not tell an index from a key; the data does.
function pathOf(pointer: string, data: unknown): KeyPath {
  let here = data;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const isIndex = Array.isArray(here);
      const inside: unknown = Array.isArray(here) ? here[Number(name)] : isTable(here) ? here[name] : undefined;
      here = inside;
      return isIndex ? Number(name) : name;
    });
}

function problemOf(error: ErrorObject, path: KeyPath, file: string): Problem {
  const make = problemsOf(file);
  const schema: Schema = error.parentSchema ?? {};
  const params: Schema = error.params;
  if (error.keyword === 'additionalProperties') {
    const name = String(params['additionalProperty']);
    const known = Object.keys(isTable(schema['properties']) ? schema['properties'] : {});
    return make.error([...path, name], 'unknown key', suggestFrom(name, known, 'known keys'));
  }
  if (error.keyword === 'required') {
    const name = String(params['missingProperty']);
    return make.error([...path, name], `missing; expected ${expectation(propertyOf(schema, name))}`);
  }
  if (error.keyword === 'discriminator') {
    const tag = String(params['tag']);
    const known = tagsOf(schema, tag);
    return mismatch(make, [...path, tag], params['tagValue'], `one of ${list(known)}`, known);
  }
  const known = valuesOf(schema);
  // An empty text has nothing to hide, and its kind would not say what is wrong.
  const isSecret = schema['writeOnly'] === true && error.data !== '';
  const found = isSecret ? kindOf(error.data) : show(error.data);
  return mismatch(make, path, error.data, expectation(schema), known, found, reasonOf(error));
}

function mismatch(
  make: ReturnType<typeof problemsOf>,
  path: KeyPath,
  data: unknown,
  expected: string,
  known: readonly string[],
  found: string = show(data),
  reason: string | null = null,
): Problem {
  if (data === undefined) return make.error(path, `missing; expected ${expected}`);
  const message = `expected ${expected}, found ${found}${reason === null ? '' : `: ${reason}`}`;
  return make.error(path, message, isScalar(data) ? didYouMean(String(data), known) : null);
}

function reasonOf(error: ErrorObject): string | null {
  if (error.keyword !== 'format' || typeof error.data !== 'string') return null;
  const parsed = formats[String(error.schema)]?.parse(error.data);
  return parsed?.ok === false ? parsed.reason : null;
}

function propertyOf(schema: Schema, name: string): Schema {
  const properties = schema['properties'];
  const property = isTable(properties) ? properties[name] : undefined;
  return isTable(property) ? property : {};
}

function expectation(schema: Schema): string {
  const words = schema['x-expects'];
  if (typeof words === 'string') return words;
  const known = valuesOf(schema);
  if (known.length > 0) return `one of ${list(known)}`;
  return typeNames[String(schema['type'])] ?? 'a value';
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  array: 'a list',
  object: 'a table',
};

// The texts that a value may be; numbers are left out, nobody misspells them.
function valuesOf(schema: Schema): string[] {
  const values = schema['x-values'] ?? schema['enum'];
  return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
}

function tagsOf(schema: Schema, tag: string): string[] {
  const forms = schema['oneOf'];
  if (!Array.isArray(forms)) return [];
  const known: readonly unknown[] = forms;
  return known.map((form) => String(isTable(form) ? propertyOf(form, tag)['const'] : form));
}

function list(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}

function isScalar(value: unknown): value is string | number | bigint | boolean {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

/** A value as a message shows it: short, on one line, without the user and password of a URL. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    const safe = value.replace(/:\/\/.*@/s, '://…@');
    return JSON.stringify(safe.length > 60 ? `${safe.slice(0, 60)}…` : safe);
  }
  return isScalar(value) ? String(value) : kindOf(value);
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'true or false';
  if (isScalar(value)) return 'a number';
  if (value instanceof Date) return 'a date';
  return Array.isArray(value) ? 'a list' : 'a table';
}
