/** What `carbonation init` writes. */
export { scaffold, type ScaffoldEntry, type ScaffoldOptions } from './scaffold.ts';
