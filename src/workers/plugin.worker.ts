/** Entry of the plugin threads: everything that runs a plugin's code. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { workerData } from 'node:worker_threads';
import { longestDelayMs, reviveMetadata, type StoredMetadata } from '../core/index.ts';
import { printToStderr } from '../core/streams.ts';
import { CarbonationError, messageOf, type ErrorCode } from '../errors/index.ts';
import { answerOf } from '../plugin/answers.ts';
import { checkExtracted, loadPlugin, type Plugin, type PluginLocation } from '../plugin/index.ts';
import type {
  CallRequest,
  ExtractRequest,
  PluginAnswer,
  PluginAnswers,
  PluginBatch,
  PluginRequest,
} from './messages.ts';
import { thrownAt } from './thrown-at.ts';

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
printToStderr();
process.on('uncaughtException', blame);
process.on('unhandledRejection', blame);

let loaded: Promise<Plugin> | undefined;

/**
 * Works off a batch, all requests at once: what reads files waits for them
 * together. Each start and each end is noted, so that a thread that is stuck can
 * be told from one that has much to do.
 */
export async function work(batch: PluginBatch): Promise<PluginAnswers> {
  const progress = new Int32Array(batch.progress);
  loaded ??= loadPlugin(locationOfPlugin());
  const plugin = await loaded;
  return Promise.all(
    batch.requests.map(async (request) => {
      Atomics.add(progress, 0, 1);
      const answered = await answer(plugin, request, batch.timeoutMs);
      Atomics.add(progress, 0, 1);
      // Others may have used up its time: it is asked again by itself.
      return answered === 'late' ? (batch.requests.length === 1 ? tooLate(request, batch.timeoutMs) : null) : answered;
    }),
  );
}

function tooLate(request: PluginRequest, timeoutMs: number): PluginAnswer {
  const message = `${request.name} took longer than ${timeoutMs / 1000} s`;
  return { ok: false, error: new CarbonationError('EXTRACT_TIMEOUT', message).toPlain() };
}

async function answer(plugin: Plugin, request: PluginRequest, timeoutMs: number): Promise<PluginAnswer | 'late'> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let fail: Fail = () => undefined;
  const cutShort = new Promise<'late'>((resolve, reject) => {
    fail = reject;
    timer = setTimeout(
      () => {
        // First, so that what the function says to the signal does not count.
        resolve('late');
        abort.abort();
      },
      Math.min(timeoutMs, longestDelayMs),
    );
  });
  const run = async (): Promise<PluginAnswer> => ({
    ok: true,
    value: await (request.kind === 'extract' ? extract(plugin, request, abort.signal) : call(plugin, request)),
  });
  try {
    return await Promise.race([current.run(fail, run), cutShort]);
  } catch (error) {
    return { ok: false, error: failureOf(request, error).toPlain() };
  } finally {
    clearTimeout(timer);
  }
}

/** What this thread itself says of an answer. An error of another code is of what the function did with the library. */
const ownCodes: ReadonlySet<ErrorCode> = new Set(['EXTRACT_INVALID', 'PLUGIN_FUNCTION_FAILED']);

/** What a function has thrown, and where: whoever reads it has neither its stack nor a debugger. */
function failureOf({ kind, name }: PluginRequest, error: unknown): CarbonationError {
  const code = kind === 'extract' ? 'EXTRACT_FAILED' : 'PLUGIN_FUNCTION_FAILED';
  try {
    if (error instanceof CarbonationError && ownCodes.has(error.code)) return error;
    // `fetch failed` alone helps nobody.
    const cause = error instanceof Error && error.cause !== undefined ? `; cause: ${messageOf(error.cause)}` : '';
    const at = thrownAt(error, locationOfPlugin().directory);
    return new CarbonationError(code, `${name}: ${messageOf(error)}${cause}${at === null ? '' : ` (${at})`}`);
  } catch {
    return new CarbonationError(code, `${name}: it threw what cannot be read: its properties throw, too`);
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
  const answered = answerOf(request.kind, result);
  if ('value' in answered) return answered.value;
  throw new CarbonationError('PLUGIN_FUNCTION_FAILED', `${request.name} ${answered.problem}`);
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
