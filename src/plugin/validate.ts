import { isAbsolute } from 'node:path';
import { baseColumns, columnTypes, largestInteger } from '../core/index.ts';
import { isPlainObject, kindOf, unknownKeys, type Properties } from './checks.ts';
import type { Plugin, PluginDefinition } from './contract.ts';
import { suggestion } from './suggest.ts';

/** The keys of a plugin that hold functions by name. */
export const functionKinds = [
  'extractors',
  'groupFunctions',
  'selectionFunctions',
  'routingFunctions',
  'integrityFunctions',
] as const;

const definitionKeys = ['fileModel', ...functionKinds, 'migrationsPath', 'queryDefaults'] as const;
const specKeys = ['type', 'nullable', 'index', 'length', 'precision', 'scale'] as const;

/** The longest column name that all three databases take, with room for the prefix of an index's name. */
const longestName = 60;
/** Characters of four bytes that an index of every database takes (PostgreSQL's holds the least). */
const longestIndexed = 600;
/** MariaDB's limits for a decimal: the narrowest of the three. */
const mostDigits = 65;
const mostScale = 30;

/** What MikroORM makes no property of. */
const unsafeNames = new Set(['__proto__', 'constructor', 'prototype']);

/** What is wrong with a column's name, each as a sentence. */
export function columnNameProblems(name: unknown): string[] {
  if (typeof name !== 'string') return [`the name of a column is ${kindOf(name)}; it must be a text`];
  if ((baseColumns as readonly string[]).includes(name)) {
    return [`column "${name}" belongs to carbonation; choose another name`];
  }
  if (unsafeNames.has(name)) return [`column "${name}": JavaScript has it of its own; choose another name`];
  const problems: string[] = [];
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) {
    problems.push(`column "${name}": a name is lower-case letters, digits and underscores, and starts with no digit`);
  }
  if (name.length > longestName) problems.push(`column "${name}": a name has at most ${longestName} characters`);
  return problems;
}

/** What is wrong with a column's definition, each as a sentence that names the column. */
export function columnSpecProblems(name: string, spec: unknown): string[] {
  const what = `column "${name}"`;
  if (!isPlainObject(spec)) return [`${what} is ${kindOf(spec)}; make it with \`column.text()\` or another type`];
  const type = columnTypes.find((known) => known === spec['type']);
  if (type === undefined) return [`${what} has no known type (known: ${columnTypes.join(', ')})`];
  const problems = unknownKeys(spec, specKeys, what);
  if (spec['nullable'] === false) problems.push(`${what} is not nullable; every column of a plugin must be`);
  else if (spec['nullable'] !== true) problems.push(`${what} lacks \`nullable\`; make it with \`column.${type}()\``);
  if (typeof spec['index'] !== 'boolean') problems.push(`${what}: \`index\` must be true or false`);
  if (type === 'json' && spec['index'] === true) problems.push(`${what}: a json column cannot have an index`);
  return [...problems, ...sizeProblems(what, type, spec)];
}

function sizeProblems(what: string, type: string, spec: Properties): string[] {
  const { length, precision, scale } = spec;
  const problems: string[] = [];
  if (length !== undefined) {
    if (type !== 'text') problems.push(`${what}: only a text column has a \`length\``);
    else if (!isCount(length, 1, largestInteger)) problems.push(`${what}: \`length\` must be a whole number above 0`);
  }
  if (type === 'text' && spec['index'] === true && !isCount(length, 1, longestIndexed)) {
    problems.push(`${what}: a text with an index needs a \`length\` of at most ${longestIndexed}, or it fits no index`);
  }
  if (type !== 'decimal') {
    if (precision !== undefined || scale !== undefined) {
      problems.push(`${what}: only a decimal column has \`precision\` and \`scale\``);
    }
  } else if (!isCount(precision, 1, mostDigits) || !isCount(scale, 0, Math.min(precision, mostScale))) {
    problems.push(
      `${what}: \`precision\` must be 1 to ${mostDigits}, \`scale\` 0 to ${mostScale} and not more than \`precision\``,
    );
  }
  return problems;
}

function isCount(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

function modelProblems(model: unknown): string[] {
  if (model === undefined) return ['`fileModel` is missing; declare the columns with `defineFileModel({ … })`'];
  if (!isPlainObject(model) || !isPlainObject(model['columns'])) {
    return [`\`fileModel\` is ${kindOf(model)} without columns; make it with \`defineFileModel({ … })\``];
  }
  return [
    ...unknownKeys(model, ['columns'], '`fileModel`'),
    ...Object.entries(model['columns']).flatMap(([name, spec]) => [
      ...columnNameProblems(name),
      ...columnSpecProblems(name, spec),
    ]),
  ];
}

function functionProblems(kind: string, functions: unknown): string[] {
  if (functions === undefined) return [];
  if (!isPlainObject(functions)) return [`\`${kind}\` is ${kindOf(functions)}; it must be an object of functions`];
  return Object.entries(functions)
    .filter(([, value]) => typeof value !== 'function')
    .map(([key, value]) => `\`${kind}.${key}\` is ${kindOf(value)}; it must be a function`);
}

function pathProblems(path: unknown): string[] {
  if (path === undefined || path === null) return [];
  if (typeof path === 'string' && isAbsolute(path)) return [];
  return ["`migrationsPath` must be an absolute path, e.g. `join(import.meta.dirname, '../migrations')`"];
}

function defaultsProblems(defaults: unknown, model: unknown): string[] {
  if (defaults === undefined) return [];
  if (!isPlainObject(defaults)) return [`\`queryDefaults\` is ${kindOf(defaults)}; it must be an object`];
  const problems = unknownKeys(defaults, ['orderBy', 'limit'], '`queryDefaults`');
  const { orderBy, limit } = defaults;
  if (orderBy !== undefined && (typeof orderBy !== 'string' || orderBy === '')) {
    problems.push('`queryDefaults.orderBy` must be the name of a column, with "-" before it for descending');
  } else if (orderBy !== undefined && isPlainObject(model) && isPlainObject(model['columns'])) {
    const name = orderBy.replace(/^-/, '');
    const own = Object.keys(model['columns']);
    if (![...own, ...baseColumns].includes(name)) {
      problems.push(`\`queryDefaults.orderBy\`: there is no column "${name}"${suggestion(name, own)}`);
    }
  }
  if (limit !== undefined && !isCount(limit, 1, Number.MAX_SAFE_INTEGER)) {
    problems.push('`queryDefaults.limit` must be a whole number above 0');
  }
  return problems;
}

/**
 * Everything that is wrong with what a plugin module exports, each as a
 * sentence; empty when it keeps the contract. Needed at run time because a
 * plugin may be JavaScript, or built against another version.
 */
export function pluginProblems(value: unknown): string[] {
  if (!isPlainObject(value)) return [`the plugin is ${kindOf(value)}; make it with \`definePlugin({ … })\``];
  return [
    ...unknownKeys(value, definitionKeys, 'the plugin'),
    ...modelProblems(value['fileModel']),
    ...functionKinds.flatMap((kind) => functionProblems(kind, value[kind])),
    ...pathProblems(value['migrationsPath']),
    ...defaultsProblems(value['queryDefaults'], value['fileModel']),
  ];
}

/** Whether a value keeps the contract, see {@link pluginProblems}. */
export function isPluginDefinition(value: unknown): value is PluginDefinition {
  return pluginProblems(value).length === 0;
}

/** A plugin with everything it left out filled in. */
export function completePlugin(definition: PluginDefinition): Plugin {
  const { fileModel, extractors = {}, groupFunctions = {}, selectionFunctions = {}, ...rest } = definition;
  const { routingFunctions = {}, integrityFunctions = {}, migrationsPath = null, queryDefaults = {} } = rest;
  return {
    fileModel,
    extractors,
    groupFunctions,
    selectionFunctions,
    routingFunctions,
    integrityFunctions,
    migrationsPath,
    queryDefaults,
  };
}
