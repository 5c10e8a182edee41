import { Migration0001Initial } from './0001_initial.ts';

/** The core's migrations, in order. Frozen: a released one is never edited, a change is a new one. */
export const coreMigrations = [{ name: 'core/0001_initial', class: Migration0001Initial }];
