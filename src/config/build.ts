import { resolve } from 'node:path';

import { CarbonationError } from '../errors/index.ts';
import { archiveRoot } from './destination.ts';
import { buildHttp } from './http.ts';
import { buildNotifier } from './notify.ts';
import type { RawArchive, RawConfig, RawService, RawWatch } from './raw.ts';
import type {
  ArchiveConfig,
  Config,
  DatabaseConfig,
  LoggingConfig,
  LogLevel,
  ServiceConfig,
  WatchConfig,
} from './types.ts';
import { parseDuration, parseMode, parseRetention, parseSize, type Parsed } from './units.ts';

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'success', 'warning', 'error', 'critical'];

/** The configuration of validated data: numbers for units, absolute paths, null for what is not set. */
export function buildConfig(raw: RawConfig, database: DatabaseConfig, path: string, directory: string): Config {
  return {
    path,
    directory,
    service: buildService(raw.service),
    logging: buildLogging(raw.logging, directory),
    database,
    pluginPackage: raw.plugins.package ?? null,
    rulesPath: resolve(directory, raw.rules.file),
    watches: raw.watch.map((watch) => buildWatch(watch, directory)),
    archives: raw.archive.map((archive) => buildArchive(archive, directory)),
    http: buildHttp(raw.http, directory),
    notifiers: raw.notify.map((notify) => buildNotifier(notify, directory)),
  };
}

function buildService(raw: RawService): ServiceConfig {
  return {
    pollIntervalMs: sure(parseDuration(raw.poll_interval)),
    reconcileIntervalMs: sure(parseDuration(raw.reconcile_interval)),
    heartbeatIntervalMs: sure(parseDuration(raw.heartbeat_interval)),
    workers: raw.workers,
    maxRetries: raw.max_retries,
    retryDelayMs: sure(parseDuration(raw.retry_delay)),
    retryBackoff: raw.retry_backoff,
    retryMaxDelayMs: sure(parseDuration(raw.retry_max_delay)),
    staleThresholdMs: sure(parseDuration(raw.stale_threshold)),
    extractTimeoutMs: sure(parseDuration(raw.extract_timeout)),
    maxActiveGroups: raw.max_active_groups,
    maxGonePercent: raw.max_gone_percent,
    maxGoneFiles: raw.max_gone_files,
    historyRetentionMs: raw.history_retention === undefined ? null : sure(parseRetention(raw.history_retention)),
  };
}

function buildLogging(raw: RawConfig['logging'], directory: string): LoggingConfig {
  return {
    level: levels.find((level) => level === raw.level.toLowerCase()) ?? 'info',
    format: raw.format,
    file: raw.file === undefined ? null : resolve(directory, raw.file),
    rotationBytes: typeof raw.rotation === 'number' ? raw.rotation : sure(parseSize(raw.rotation)),
    retentionMs: sure(parseRetention(raw.retention)),
  };
}

function buildWatch(raw: RawWatch, directory: string): WatchConfig {
  return {
    name: raw.name,
    path: resolve(directory, raw.path),
    rules: raw.rules,
    type: raw.type ?? null,
    recursive: raw.recursive,
    patterns: raw.patterns,
    ignorePatterns: raw.ignore_patterns,
    // A timer counts whole milliseconds, and no wait at all is not settling.
    settleMs: Math.max(1, Math.round(raw.settle_seconds * 1000)),
    archive: raw.archive ?? null,
    followSymlinks: raw.follow_symlinks,
    onRedelivery: raw.on_redelivery,
  };
}

function buildArchive(raw: RawArchive, directory: string): ArchiveConfig {
  const root = archiveRoot(raw.destination, raw.base_path, directory);
  if (!root.ok) throw new CarbonationError('INTERNAL', `archive "${raw.name}" was not checked: ${root.reason}`);
  return {
    name: raw.name,
    basePath: root.basePath,
    destination: root.destination,
    action: raw.action,
    createDirectories: raw.create_directories,
    fileMode: parseMode(raw.file_mode),
    dirMode: parseMode(raw.dir_mode),
    onConflict: raw.on_conflict,
    verify: raw.verify,
    durable: raw.durable,
  };
}

// The schema's formats use the same parsers, so this cannot fail for validated data.
function sure(parsed: Parsed<number>): number {
  if (!parsed.ok) throw new CarbonationError('INTERNAL', 'a value of config.toml was not checked by the schema');
  return parsed.value;
}
