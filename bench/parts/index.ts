import type { Part } from '../lib/types.ts';
import { burst } from './burst.ts';
import { databases } from './databases.ts';
import { delivery } from './delivery.ts';
import { large } from './large.ts';
import { latency } from './latency.ts';
import { million } from './million.ts';
import { query } from './query.ts';
import { reconcile } from './reconcile.ts';
import { restart } from './restart.ts';
import { scale } from './scale.ts';
import { startup } from './startup.ts';
import { store } from './store.ts';

/** All parts, in the order in which they run: the short ones and those that are compared first. */
export const parts: readonly Part[] = [
  delivery,
  startup,
  latency,
  burst,
  large,
  databases,
  store,
  query,
  scale,
  restart,
  reconcile,
  million,
];
