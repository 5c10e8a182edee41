/** Where a plugin is. */
export interface PluginLocation {
  /** Its package's name, else the name of its directory. */
  readonly name: string;
  /** `file:` URL of its main module. */
  readonly url: string;
  /** Absolute path of its package, symbolic links resolved. */
  readonly directory: string;
}
