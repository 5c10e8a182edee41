/** Files into archives: staged, verified, published without clobbering. Runs in worker threads. */
export { openFile } from './disk.ts';
export { inPlace } from './in-place.ts';
export { isLost } from './kept-copy.ts';
export { numberedName, partPath } from './names.ts';
export { readFiles } from './read.ts';
export { removeSources } from './remove.ts';
export { sweepDirectory } from './sweep.ts';
export { transferGroups } from './transfer.ts';
export { walkArchive, type ArchivePage } from './walk.ts';
