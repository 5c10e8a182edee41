import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/**
 * The URL of a thread's entry: a source when sources run, compiled when compiled code does.
 *
 * @param from - `import.meta.url` of a file beside it
 */
export function workerUrl(from: string, name: string): URL {
  return new URL(`./${name}.${from.endsWith('.ts') ? 'ts' : 'js'}`, from);
}

/**
 * How the threads of a pool are run: one message at a time, and none while there is nothing to do.
 *
 * @param worker - the URL of their entry
 */
export function poolOptions(worker: URL, threads: number) {
  return {
    filename: worker.href,
    env: threadEnvironment(),
    // What lives in a thread is a message or two, whose answers are garbage at once: left alone, V8 lets their young generation
    // grow to 67 MB a thread before it collects them, without being the faster for it.
    resourceLimits: { maxYoungGenerationSizeMb: 16 },
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 30_000,
    concurrentTasksPerWorker: 1,
    recordTiming: false,
    maxQueue: threads * 8,
  };
}

/** The environment of a thread: this process's, and its compile cache, which threads do not share by themselves. */
function threadEnvironment(): NodeJS.ProcessEnv {
  const directory = getCompileCacheDir();
  // What is asked for is the directory above that of this version of Node.
  return directory === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(directory) };
}
