/** What the listening thread is told. */
export type ListenerCommand =
  | {
      readonly type: 'open';
      readonly name: string;
      readonly path: string;
      readonly recursive: boolean;
      readonly followSymlinks: boolean;
      readonly patterns: readonly string[];
      readonly ignorePatterns: readonly string[];
      /** Directories that links are not followed into. */
      readonly excluded: readonly string[];
    }
  /** Finds out what no event has told of directories. */
  | { readonly type: 'reopen'; readonly name: string }
  | { readonly type: 'close'; readonly name: string };

/** What the listening thread says. */
export type ListenerMessage =
  | { readonly type: 'ready'; readonly name: string }
  /** It has been found out what no event has told of directories; what is in them is still to be read. */
  | { readonly type: 'reopened'; readonly name: string }
  /** Something may have changed at these paths. */
  | { readonly type: 'touched'; readonly name: string; readonly paths: readonly string[] }
  /** These directories, which were below it, have gone with all that was in them. */
  | { readonly type: 'vanished'; readonly name: string; readonly directories: readonly string[] }
  /** Something below the directory cannot be listened to. */
  | { readonly type: 'problem'; readonly name: string; readonly reason: string }
  /** Something has come that cannot be taken in. */
  | { readonly type: 'refused'; readonly name: string; readonly reason: string }
  /** So many events that some may have been lost. */
  | { readonly type: 'burst'; readonly name: string }
  /** The system grants no (more) events. */
  | { readonly type: 'limited'; readonly name: string; readonly reason: string }
  /** The directory has gone or cannot be listened to. */
  | { readonly type: 'lost'; readonly name: string; readonly reason: string };
