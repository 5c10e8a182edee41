import { Migration0001Initial } from './0001_initial.ts';
import { Migration0002Queries } from './0002_queries.ts';

/** The core's migrations, in order. Frozen: a released one is never edited, a change is a new one. */
export const coreMigrations = [
  { name: 'core/0001_initial', class: Migration0001Initial },
  { name: 'core/0002_queries', class: Migration0002Queries },
];
