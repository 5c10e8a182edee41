import { availableParallelism } from 'node:os';
import { Places } from './places.ts';

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
