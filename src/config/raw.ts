import type { ArchiveAction, ConflictPolicy, NotifyEvent, TlsMode, VerifyMode } from './types.ts';

/** `[[watch]]` as `configSchema` lets it through, with its defaults. */
export interface RawWatch {
  readonly name: string;
  readonly path: string;
  readonly rules: string;
  readonly type?: string;
  readonly recursive: boolean;
  readonly patterns: readonly string[];
  readonly ignore_patterns: readonly string[];
  readonly settle_seconds: number;
  readonly archive?: string;
  readonly follow_symlinks: boolean;
  readonly on_redelivery: 'archive' | 'ignore';
}

/** `[[archive]]` as `configSchema` lets it through, with its defaults. */
export interface RawArchive {
  readonly name: string;
  readonly destination: string;
  readonly base_path?: string;
  readonly action: ArchiveAction;
  readonly create_directories: boolean;
  readonly file_mode: number | string;
  readonly dir_mode: number | string;
  readonly on_conflict: ConflictPolicy;
  readonly verify: VerifyMode;
  readonly durable: boolean;
}

/** `[http]` as `configSchema` lets it through. */
export interface RawHttp {
  readonly listen?: string;
  readonly token_file?: string;
}

/** `[[notify]]` as `configSchema` lets it through, with its defaults. */
export interface RawNotify {
  readonly name?: string;
  readonly on: readonly NotifyEvent[];
  readonly command?: readonly string[];
  readonly url?: string;
  readonly token_file?: string;
  readonly watch?: string;
  readonly timeout: string;
}

/** What tells how to reach the database; each layer may hold some of it. */
export interface RawCredentials {
  readonly drivername?: string;
  readonly name?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly password_file?: string;
  readonly tls?: TlsMode;
  readonly ca_file?: string;
}

/** `[service]` as `configSchema` lets it through, with its defaults; durations are still texts. */
export interface RawService {
  readonly poll_interval: string;
  readonly reconcile_interval: string;
  readonly heartbeat_interval: string;
  readonly workers: number;
  readonly max_retries: number;
  readonly retry_delay: string;
  readonly retry_backoff: 'fixed' | 'exponential';
  readonly retry_max_delay: string;
  readonly stale_threshold: string;
  readonly extract_timeout: string;
  readonly max_active_groups: number;
  readonly max_gone_percent: number;
  readonly max_gone_files: number;
  readonly history_retention?: string;
}

/** config.toml as `configSchema` lets it through, with its defaults. */
export interface RawConfig {
  readonly service: RawService;
  readonly logging: {
    readonly level: string;
    readonly format: 'text' | 'json';
    readonly file?: string;
    readonly rotation: string | number;
    readonly retention: string;
  };
  readonly database: RawCredentials;
  readonly plugins: { readonly package?: string };
  readonly rules: { readonly file: string };
  readonly watch: readonly RawWatch[];
  readonly archive: readonly RawArchive[];
  readonly http: RawHttp;
  readonly notify: readonly RawNotify[];
}
