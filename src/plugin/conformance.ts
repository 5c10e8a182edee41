import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { Metadata } from '../core/index.ts';
import { messageOf, toCarbonationError } from '../errors/index.ts';
import { answerOf, type FunctionKind } from './answers.ts';
import { isPlainObject } from './checks.ts';
import type { ExtractContext, Plugin } from './contract.ts';
import { loadMigrations } from './load.ts';
import { columnText } from './migration-text.ts';
import { FilesTable } from './migration.ts';
import { declaresItself } from './package-json.ts';
import { completePlugin, functionKinds, isPluginDefinition, pluginProblems } from './validate.ts';
import { checkExtracted } from './values.ts';

/** One call of an extractor. */
export interface ExtractorSample {
  /** Absolute paths of files that exist. */
  readonly files: readonly string[];
  readonly context?: Partial<Omit<ExtractContext, 'signal'>>;
}

/** What to call a plugin's functions with, by kind and key; each sample is called twice. */
export interface PluginSamples {
  readonly extractors?: Readonly<Record<string, readonly ExtractorSample[]>>;
  readonly groupFunctions?: Readonly<Record<string, readonly { readonly filePath: string }[]>>;
  readonly selectionFunctions?: Readonly<
    Record<string, readonly ({ readonly metadata: Metadata } & Readonly<Record<string, unknown>>)[]>
  >;
  readonly routingFunctions?: Readonly<Record<string, readonly { readonly metadata: Metadata }[]>>;
  readonly integrityFunctions?: Readonly<
    Record<string, readonly ({ readonly filePath: string } & Readonly<Record<string, unknown>>)[]>
  >;
}

/** How {@link checkPlugin} judges. */
export interface CheckPluginOptions {
  readonly samples?: PluginSamples;
  /** A call that takes longer, in ms, is a problem; 5,000 unless said otherwise. The service stops one after 60 s. */
  readonly slowMs?: number;
  /** Where the plugin's package is, for the migrations of one without a `migrationsPath`; the working directory unless given. */
  readonly directory?: string;
}

const defaultSlowMs = 5000;

/** A sample as a call: what it is named in a problem, how it is made, and what must hold of its result. */
interface Call {
  readonly what: string;
  readonly files: readonly string[];
  run(signal: AbortSignal): unknown;
  /** The result as it is compared, or what is wrong with it. */
  judge(result: unknown): { readonly value: unknown } | { readonly problem: string };
}

/**
 * Checks a plugin as carbonation will use it: its shape and columns, that its migrations make the columns of its model,
 * and each function with samples: whether its result can be stored or used, is the same when it is called again (so that
 * it keeps no state), comes soon, and leaves its files and its input alone.
 *
 * @param plugin What the plugin's main module exports.
 * @returns Every problem as a sentence; empty: the plugin keeps the contract.
 */
export async function checkPlugin(plugin: unknown, options: CheckPluginOptions = {}): Promise<readonly string[]> {
  if (!isPluginDefinition(plugin)) return pluginProblems(plugin);
  const complete = completePlugin(plugin);
  const { samples = {}, slowMs = defaultSlowMs, directory = process.cwd() } = options;
  const malformed = malformedSamples(samples);
  if (malformed.length > 0) return malformed;
  return [
    ...(await migrationGaps(complete, directory)),
    ...sampleGaps(complete, samples),
    ...(await callProblems(callsOf(complete, samples), slowMs)),
  ];
}

/** Samples that are none, which the compiler would have found. */
function malformedSamples(samples: PluginSamples): readonly string[] {
  return functionKinds.flatMap((kind) =>
    Object.entries(samples[kind] ?? {}).flatMap(([key, given]: [string, unknown]) => {
      const isGood = (sample: unknown) =>
        isPlainObject(sample) && (kind !== 'extractors' || Array.isArray(sample['files']));
      if (Array.isArray(given) && given.every(isGood)) return [];
      const form = kind === 'extractors' ? '{ files: […] }' : 'the input of a call';
      return [`samples.${kind}.${key}: it must be a list, of which each item is ${form}`];
    }),
  );
}

/** Functions that no sample calls, and samples of functions that do not exist. */
function sampleGaps(plugin: Plugin, samples: PluginSamples): readonly string[] {
  return functionKinds.flatMap((kind) => {
    const given = samples[kind] ?? {};
    const untried = Object.keys(plugin[kind]).filter((key) => (given[key] ?? []).length === 0);
    const unknown = Object.keys(given).filter((key) => !Object.hasOwn(plugin[kind], key));
    return [
      ...untried.map((key) => `${kind}.${key}: no sample calls it; give one in \`samples.${kind}.${key}\``),
      ...unknown.map((key) => `samples.${kind}.${key}: the plugin has no such function`),
    ];
  });
}

/** Plays the migrations and compares the columns they leave with the model's. */
async function migrationGaps(plugin: Plugin, directory: string): Promise<readonly string[]> {
  const { migrationsPath, fileModel } = plugin;
  const columns = new Map<string, string>();
  try {
    // Tests may run anywhere: a directory that is no plugin's may have other migrations.
    if (migrationsPath === null && !declaresItself(directory)) return [];
    const location = { name: 'plugin', url: pathToFileURL(join(directory, '/')).href, directory };
    for (const { migration } of await loadMigrations(plugin, location)) {
      const files = new FilesTable();
      migration.up(files);
      for (const step of files.steps) {
        if (step.kind === 'addColumn' || step.kind === 'alterColumn') columns.set(step.name, columnText(step.column));
        if (step.kind === 'dropColumn') columns.delete(step.name);
      }
    }
  } catch (thrown) {
    return [toCarbonationError(thrown).message];
  }
  const model = Object.entries(fileModel.columns);
  const superfluous = [...columns.keys()].filter((name) => !Object.hasOwn(fileModel.columns, name));
  return [
    ...model
      .filter(([name]) => !columns.has(name))
      .map(([name]) => `column "${name}": no migration adds it; run \`carbonation db revision --autogenerate\``),
    ...model.flatMap(([name, column]) => {
      const needed = columnText(column);
      const made = columns.get(name) ?? needed;
      return made === needed ? [] : [`column "${name}" is ${needed} in the model, but the migrations make it ${made}`];
    }),
    ...superfluous.map((name) => `column "${name}": the migrations make it, but the model does not have it`),
  ];
}

const context = { watchName: 'samples', fileType: null, groupKey: 'sample' } as const;

function callsOf(plugin: Plugin, samples: PluginSamples): readonly Call[] {
  const extractors = Object.entries(plugin.extractors).flatMap(([key, extract]) =>
    (samples.extractors?.[key] ?? []).map((sample, i) => ({
      what: `extractors.${key}, sample ${i + 1}`,
      files: sample.files,
      run: (signal: AbortSignal) => extract([...sample.files], { ...context, ...sample.context, signal }),
      judge: (result: unknown) => judgeExtracted(result, plugin),
    })),
  );
  return [
    ...extractors,
    ...functionCalls('group', 'groupFunctions', plugin.groupFunctions, samples.groupFunctions),
    ...functionCalls('select', 'selectionFunctions', plugin.selectionFunctions, samples.selectionFunctions),
    ...functionCalls('route', 'routingFunctions', plugin.routingFunctions, samples.routingFunctions),
    ...functionCalls('integrity', 'integrityFunctions', plugin.integrityFunctions, samples.integrityFunctions),
  ];
}

function judgeExtracted(result: unknown, plugin: Plugin): ReturnType<Call['judge']> {
  try {
    return { value: checkExtracted(result, plugin.fileModel.columns) };
  } catch (thrown) {
    return { problem: messageOf(thrown) };
  }
}

function functionCalls<Input extends object>(
  kind: FunctionKind,
  property: string,
  functions: Readonly<Record<string, (input: Input) => unknown>>,
  samples: Readonly<Record<string, readonly Input[]>> = {},
): readonly Call[] {
  return Object.entries(functions).flatMap(([key, call]) =>
    (samples[key] ?? []).map((sample, i) => ({
      what: `${property}.${key}, sample ${i + 1}`,
      files: 'filePath' in sample && typeof sample.filePath === 'string' ? [sample.filePath] : [],
      run: async () => {
        const input = structuredClone(sample);
        const result = await call(input);
        if (!isDeepStrictEqual(input, sample)) throw new Error('it changes its input');
        return result;
      },
      judge: (result: unknown) => answerOf(kind, result),
    })),
  );
}

/** Every call once, then every call again the other way round: a function that keeps state gives itself away. */
async function callProblems(calls: readonly Call[], slowMs: number): Promise<readonly string[]> {
  const first = new Map<Call, Outcome>();
  const problems: string[] = [];
  for (const call of calls) {
    const outcome = await perform(call, slowMs);
    first.set(call, outcome);
    problems.push(...outcome.problems.map((problem) => `${call.what}: ${problem}`));
  }
  // A call that has failed or never ended has said enough.
  for (const call of calls.toReversed().filter((one) => first.get(one)?.problems.length === 0)) {
    const again = await perform(call, slowMs);
    const isSame = again.problems.length === 0 && isDeepStrictEqual(again.value, first.get(call)?.value);
    if (!isSame) {
      const [failed] = again.problems;
      const how = failed === undefined ? 'gave another result' : `failed (${failed})`;
      problems.push(`${call.what}: the second call ${how}; a function must keep no state`);
    }
  }
  return problems;
}

interface Outcome {
  readonly value: unknown;
  readonly problems: readonly string[];
}

async function perform(call: Call, slowMs: number): Promise<Outcome> {
  const before = await Promise.all(call.files.map(stateOf));
  const missing = call.files.filter((_, i) => before[i] === null);
  if (missing.length > 0) return { value: null, problems: [`there is no file ${missing.join(', ')}`] };
  const result = await withLimit(call, slowMs);
  if ('problem' in result) return { value: null, problems: [result.problem] };
  const judged = call.judge(result.value);
  const after = await Promise.all(call.files.map(stateOf));
  const changed = isDeepStrictEqual(before, after) ? [] : ['it changes its files, which belong to the delivery'];
  return 'problem' in judged
    ? { value: null, problems: [judged.problem, ...changed] }
    : { value: judged.value, problems: changed };
}

async function stateOf(path: string): Promise<{ readonly size: number; readonly mtimeMs: number } | null> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { size, mtimeMs };
  } catch {
    return null;
  }
}

async function withLimit(call: Call, slowMs: number): Promise<ReturnType<Call['judge']>> {
  const slow = { problem: `is slow: more than ${slowMs} ms` };
  const limit = Promise.withResolvers<typeof slow>();
  const abort = new AbortController();
  const timer = setTimeout(() => {
    // First, so that what the function says to the signal does not count.
    limit.resolve(slow);
    abort.abort();
  }, slowMs);
  const start = performance.now();
  try {
    const running = Promise.resolve(call.run(abort.signal)).then((value) => ({ value }));
    const result = await Promise.race([running, limit.promise]);
    // One that never gives the thread free is only noticed afterwards.
    return performance.now() - start > slowMs ? slow : result;
  } catch (thrown) {
    return { problem: `failed: ${messageOf(thrown)}` };
  } finally {
    clearTimeout(timer);
  }
}
