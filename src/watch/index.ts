/** Deliveries as they happen: events and scans, both into one settling. */
export { noAnswer, silentMs } from './answers.ts';
export { isLocalFileSystem, localDevice } from './file-systems.ts';
export { inotifyLimit } from './inotify.ts';
export { Listener } from './listener.ts';
export type { ListenerMessage } from './listener-messages.ts';
export { mountedBelow, MountPoints, type MountChange } from './mount-points.ts';
export { isEntered, nameFilter, nameInWatch, type NameFilter } from './names.ts';
export { RootLooks } from './root-looks.ts';
export { isSameMark, isStill, markRoot, scanWatch, type FoundFile, type RootMark, type ScanPage } from './scan.ts';
export { Settler, type GoneFile, type SettledFile, type SettlerOptions } from './settle.ts';
