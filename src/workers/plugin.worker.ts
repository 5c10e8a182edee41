/** Entry of the plugin threads: everything that runs a plugin's code. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { workerData } from 'node:worker_threads';
import { reviveMetadata, type StoredMetadata } from '../core/index.ts';
import { CarbonationError, messageOf, type ErrorCode } from '../errors/index.ts';
import { checkExtracted, loadPlugin, type Plugin, type PluginLocation } from '../plugin/index.ts';
import type { CallRequest, ExtractRequest, PluginAnswer, PluginBatch, PluginRequest } from './messages.ts';

/** What the thread is started with: piscina hands it over as the second part of `workerData`. */
function locationOfPlugin(): PluginLocation {
  const data: unknown = Array.isArray(workerData) ? workerData[1] : workerData;
  if (typeof data === 'object' && data !== null && 'url' in data && 'name' in data && 'directory' in data) {
    return { name: String(data.name), url: String(data.url), directory: String(data.directory) };
  }
  throw new CarbonationError('INTERNAL', 'a plugin thread was started without a plugin');
}

/** Ends the request that is being answered; nothing happens once it has its answer. */
type Fail = (error: unknown) => void;

const current = new AsyncLocalStorage<Fail>();

/**
 * What plugin code throws from a timer or a forgotten promise belongs to the
 * request that started it, not to the one that happens to be next.
 */
function blame(error: unknown): void {
  const fail = current.getStore();
  // Nobody's: the thread ends, as it would have without us.
  if (fail === undefined) throw error;
  fail(error);
}
process.on('uncaughtException', blame);
process.on('unhandledRejection', blame);

let loaded: Promise<Plugin> | undefined;

/** Works off a batch in order, noting before each request which one it is. */
export default async function work(batch: PluginBatch): Promise<readonly PluginAnswer[]> {
  const progress = new Int32Array(batch.progress);
  loaded ??= loadPlugin(locationOfPlugin());
  const plugin = await loaded;
  const answers: PluginAnswer[] = [];
  for (const [i, request] of batch.requests.entries()) {
    Atomics.store(progress, 0, i);
    // One after another: the place noted above is what a stuck or dead thread is judged by.
    answers.push(await answer(plugin, request, batch.timeoutMs));
  }
  return answers;
}

async function answer(plugin: Plugin, request: PluginRequest, timeoutMs: number): Promise<PluginAnswer> {
  const failure: ErrorCode = request.kind === 'extract' ? 'EXTRACT_FAILED' : 'PLUGIN_FUNCTION_FAILED';
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let fail: Fail = () => undefined;
  const cutShort = new Promise<never>((_, reject) => {
    fail = reject;
    timer = setTimeout(() => {
      abort.abort();
      reject(new CarbonationError('EXTRACT_TIMEOUT', `${request.name} took longer than ${timeoutMs / 1000} s`));
    }, timeoutMs);
  });
  try {
    const run = async () =>
      request.kind === 'extract' ? extract(plugin, request, abort.signal) : call(plugin, request);
    return { ok: true, value: await Promise.race([current.run(fail, run), cutShort]) };
  } catch (error) {
    const known =
      error instanceof CarbonationError ? error : new CarbonationError(failure, `${request.name}: ${messageOf(error)}`);
    return { ok: false, error: known.toPlain() };
  } finally {
    clearTimeout(timer);
  }
}

async function extract(plugin: Plugin, request: ExtractRequest, signal: AbortSignal): Promise<StoredMetadata> {
  const extractor = named(plugin.extractors, request.name);
  const { watchName, fileType, groupKey } = request;
  const result: unknown = await extractor([...request.files], { watchName, fileType, groupKey, signal });
  return checkExtracted(result, plugin.fileModel.columns);
}

async function call(plugin: Plugin, request: CallRequest): Promise<boolean | string | null> {
  const metadata = reviveMetadata(request.metadata ?? {}, plugin.fileModel.columns);
  const filePath = request.filePath ?? '';
  const result: unknown = await invoke(plugin, request, metadata, filePath);
  const isText = typeof result === 'string' && request.kind !== 'select';
  const isTruth = typeof result === 'boolean' && (request.kind === 'select' || request.kind === 'integrity');
  const isNothing = (result === null || result === undefined) && (request.kind === 'group' || request.kind === 'route');
  if (isText || isTruth) return result;
  if (isNothing) return null;
  throw new CarbonationError(
    'PLUGIN_FUNCTION_FAILED',
    `${request.name} returned ${typeof result}, which a ${request.kind} function may not`,
  );
}

function invoke(
  plugin: Plugin,
  request: CallRequest,
  metadata: ReturnType<typeof reviveMetadata>,
  filePath: string,
): unknown {
  switch (request.kind) {
    case 'group':
      return named(plugin.groupFunctions, request.name)({ filePath });
    case 'select':
      return named(plugin.selectionFunctions, request.name)({ ...request.kwargs, metadata });
    case 'route':
      return named(plugin.routingFunctions, request.name)({ metadata });
    case 'integrity':
      return named(plugin.integrityFunctions, request.name)({ ...request.kwargs, filePath });
  }
}

function named<F>(functions: Readonly<Record<string, F>>, name: string): F {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (found !== undefined) return found;
  throw new CarbonationError('PLUGIN_FUNCTION_FAILED', `the plugin has no function "${name}"`);
}
