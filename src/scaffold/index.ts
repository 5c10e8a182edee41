/** What `carbonation init` writes. */
export { scaffold, type ScaffoldEntry } from './scaffold.ts';
