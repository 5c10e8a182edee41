/** How an archive takes a file. */
export type ArchiveAction = 'copy' | 'move' | 'hardlink' | 'symlink';
/** What happens when the destination already holds other content under that name. */
export type ConflictPolicy = 'keep_both' | 'replace' | 'fail';
/** How a transferred file is verified. */
export type VerifyMode = 'checksum' | 'size';
/** The kinds of databases. */
export type DriverName = 'sqlite' | 'postgresql' | 'mariadb';

/** `[service]`; durations in milliseconds. */
export interface ServiceConfig {
  readonly pollIntervalMs: number;
  readonly reconcileIntervalMs: number;
  readonly heartbeatIntervalMs: number;
  readonly workers: number;
  readonly maxRetries: number;
  readonly retryDelayMs: number;
  readonly retryBackoff: 'fixed' | 'exponential';
  readonly retryMaxDelayMs: number;
  readonly staleThresholdMs: number;
  readonly extractTimeoutMs: number;
  /** How many groups may be live in memory at once. */
  readonly maxActiveGroups: number;
  /** Brake: reconciliation clears nothing when more than this share of a watch's unarchived files is gone at once … */
  readonly maxGonePercent: number;
  /** … and more than so many of them. */
  readonly maxGoneFiles: number;
  /** How long steps of the history are kept; null: for ever. */
  readonly historyRetentionMs: number | null;
}

/** From the least severe to the most. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'success' | 'warning' | 'error' | 'critical';

/** `[logging]`. */
export interface LoggingConfig {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  /** Absolute path, or null: stderr only. */
  readonly file: string | null;
  readonly rotationBytes: number;
  readonly retentionMs: number;
}

/** How a connection to a database server is encrypted; `require` accepts any certificate, `verify` one that is vouched for. */
export type TlsMode = 'off' | 'require' | 'verify';

/** `[database]`, with the credentials of all layers put in. */
export interface DatabaseConfig {
  readonly driver: DriverName;
  /** SQLite: absolute path of the file; otherwise the database's name. */
  readonly name: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly tls: TlsMode;
  /** The certificates of the authorities that vouch for the server, PEM; null: those that Node knows. */
  readonly ca: string | null;
}

/** `[[watch]]`: one delivery directory. */
export interface WatchConfig {
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
  readonly rules: string;
  readonly type: string | null;
  readonly recursive: boolean;
  /** Globs on the file name; empty: every name. */
  readonly patterns: readonly string[];
  readonly ignorePatterns: readonly string[];
  readonly settleMs: number;
  readonly archive: string | null;
  readonly followSymlinks: boolean;
  readonly onRedelivery: 'archive' | 'ignore';
}

/** `[[archive]]`: one destination. */
export interface ArchiveConfig {
  readonly name: string;
  /** Absolute path. */
  readonly basePath: string;
  readonly destination: string;
  readonly action: ArchiveAction;
  readonly createDirectories: boolean;
  readonly fileMode: number;
  readonly dirMode: number;
  readonly onConflict: ConflictPolicy;
  readonly verify: VerifyMode;
  readonly durable: boolean;
}

/** What a notifier can tell of. */
export type NotifyEvent = 'archived' | 'failed' | 'timed_out' | 'watch_lost';

/** Where a notification goes. */
export type NotifyTarget =
  | { readonly kind: 'command'; readonly command: readonly [string, ...string[]] }
  /** `tokenFile`: absolute path, or null. */
  | { readonly kind: 'url'; readonly url: string; readonly tokenFile: string | null };

/** `[[notify]]`: who is told of what. */
export interface NotifyConfig {
  readonly name: string;
  readonly on: readonly NotifyEvent[];
  /** Only of this watch; null: of all. */
  readonly watch: string | null;
  readonly target: NotifyTarget;
  readonly timeoutMs: number;
}

/** `[http]`: metrics, health and the status page. */
export interface HttpConfig {
  /** A name or an address, without the brackets of IPv6. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Absolute path, or null: the page only shows, and only this machine can reach it. */
  readonly tokenFile: string | null;
}

/** config.toml, validated, with defaults filled in and every path absolute. Frozen. */
export interface Config {
  /** Absolute path of config.toml. */
  readonly path: string;
  /** Its directory: what relative paths are relative to. */
  readonly directory: string;
  readonly service: ServiceConfig;
  readonly logging: LoggingConfig;
  readonly database: DatabaseConfig;
  /** `[plugins] package`, as written, or null. */
  readonly pluginPackage: string | null;
  /** Absolute path of rules.toml. */
  readonly rulesPath: string;
  readonly watches: readonly WatchConfig[];
  readonly archives: readonly ArchiveConfig[];
  /** Null: nothing is served. */
  readonly http: HttpConfig | null;
  readonly notifiers: readonly NotifyConfig[];
}

/** One thing wrong (or suspicious) in a file. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** The file as the user named it or as config.toml names it. */
  readonly file: string;
  /** 1-based, or null where no line applies (e.g. a missing file). */
  readonly line: number | null;
  /** Dotted, e.g. `watch[0].settle_seconds`; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
  /** What to do, e.g. `did you mean "settle_seconds"?`. */
  readonly suggestion: string | null;
}
