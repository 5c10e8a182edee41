import { getCompileCacheDir } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { Places } from './places.ts';
import { workerUrl } from './worker-url.ts';

/** A message that takes longer than this no longer keeps others from having a thread of their own. */
const heldUpMs = 1000;

/** The places of a pool of at most so many threads: one core is left to the main thread. */
export function threadPlaces(most: number): Places {
  return new Places({ usual: Math.max(1, Math.min(most, availableParallelism() - 1)), most, heldUpMs });
}

/** The places of a pool whose threads read for long while the main thread waits: all of them. */
export function readingPlaces(threads: number): Places {
  return new Places({ usual: threads, most: threads, heldUpMs });
}

/**
 * How threads of either kind are run: one message at a time, and none while there is nothing to do.
 *
 * @param worker - the name of their entry, beside this file
 */
export function poolOptions(worker: string, threads: number) {
  return {
    filename: workerUrl(worker),
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
