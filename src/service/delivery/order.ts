import { dirname, resolve } from 'node:path';
import { unknownName } from '../../config/suggest.ts';
import { listNames } from '../../core/counted.ts';
import type { WatchConfig } from '../../config/types.ts';
import { isBelow } from '../../core/index.ts';
import { CarbonationError } from '../../errors/index.ts';

/** What is to be reconciled, and how. */
export interface ReconcileOrder {
  /** Names of watches; null: all. */
  readonly watches: readonly string[] | null;
  /** Absolute paths of directories and files below the watches; null: everything in them. */
  readonly paths: readonly string[] | null;
  /** What is gone is cleared even where a brake says no. */
  readonly force: boolean;
}

/** Everything, under the brakes: what the service does by itself. */
export const everything: ReconcileOrder = { watches: null, paths: null, force: false };

/** One watch of an order, with the paths that are below it; null: all of it. */
export interface WatchOrder {
  readonly watch: WatchConfig;
  readonly paths: readonly string[] | null;
}

/**
 * The order of a person, checked against the configuration.
 *
 * @param wanted - watch names and paths as they were given; none: all
 * @param cwd - what relative paths are relative to
 * @throws CarbonationError USAGE for a watch that there is not, or a path that is in no watch
 */
export function makeOrder(
  watches: readonly WatchConfig[],
  wanted: { readonly watches: readonly string[]; readonly paths: readonly string[]; readonly force: boolean },
  cwd: string,
): ReconcileOrder {
  const known = watches.map(({ name }) => name);
  const unknown = wanted.watches.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownName('watch', unknown, known);
  const candidates = watches.filter(({ name }) => wanted.watches.length === 0 || wanted.watches.includes(name));
  const paths = wanted.paths.map((path) => resolve(cwd, path));
  for (const path of paths) {
    if (candidates.some((watch) => contains(watch, path))) continue;
    const list = candidates.map((watch) => `${watch.name} (${watch.path}${watch.recursive ? '' : ', not recursive'})`);
    throw usage(`${path} is in no watch`, `the watches are ${listNames(list)}`);
  }
  return {
    watches: wanted.watches.length === 0 ? null : wanted.watches,
    paths: paths.length === 0 ? null : paths,
    force: wanted.force,
  };
}

/** The watches of an order, each with its part of the paths; those without a part are left out. */
export function watchOrders(watches: readonly WatchConfig[], order: ReconcileOrder): readonly WatchOrder[] {
  return watches
    .filter(({ name }) => order.watches === null || order.watches.includes(name))
    .flatMap((watch): readonly WatchOrder[] => {
      if (order.paths === null || order.paths.includes(watch.path)) return [{ watch, paths: null }];
      const paths = order.paths.filter((path) => contains(watch, path));
      return paths.length === 0 ? [] : [{ watch, paths }];
    });
}

/** The name on record of the command that carries an order out without a service; null: `run --once` does. */
export function commandOf(watches: readonly WatchConfig[], order: ReconcileOrder | null): string {
  if (order === null) return 'run --once';
  const orders = watchOrders(watches, order);
  const isWhole = orders.length === watches.length && orders.every(({ paths }) => paths === null);
  if (isWhole) return 'reconcile';
  return order.paths === null ? 'reconcile WATCH' : 'reconcile PATHS';
}

/** An order as another process has written it, or null: it is none. */
export function readOrder(value: unknown): ReconcileOrder | null {
  if (typeof value !== 'object' || value === null) return null;
  const has = 'watches' in value && 'paths' in value && 'force' in value && typeof value.force === 'boolean';
  if (!has || !isTexts(value.watches) || !isTexts(value.paths)) return null;
  return { watches: value.watches, paths: value.paths, force: value.force === true };
}

/** What is to be said of a path where there is nothing, not even on record. */
export function unknownText(path: string): string {
  return `${path} does not exist, and no file is on record there`;
}

function isTexts(value: unknown): value is readonly string[] | null {
  return value === null || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
}

function contains(watch: WatchConfig, path: string): boolean {
  if (!isBelow(watch.path, path)) return false;
  return watch.recursive || path === watch.path || dirname(path) === watch.path;
}

function usage(message: string, remedy: string): CarbonationError {
  return new CarbonationError('USAGE', message, { remedy });
}
