import { defineEntity, p } from '@mikro-orm/core';

const ServiceStateSchema = defineEntity({
  name: 'ServiceState',
  tableName: 'service_state',
  properties: {
    /** Always 1: there is one service per database. */
    id: p.integer().primary(),
    startedAt: p.datetime(3).nullable(),
    lastHeartbeat: p.datetime(3).nullable(),
    /** Files and groups that were being worked on at the last heartbeat. */
    queueDepth: p.integer().default(0),
    /** Groups among them that were active. */
    workersActive: p.integer().default(0),
    /** The running process, or null when none runs: random id, host, boot and pid tell a live one from a dead one. */
    instance: p.string().length(32).nullable(),
    host: p.string().length(255).nullable(),
    bootId: p.string().length(128).nullable(),
    pid: p.integer().nullable(),
    /** What the process was started for, e.g. `run --once`. */
    mode: p.string().length(16).nullable(),
    /** How often it records a heartbeat. */
    heartbeatMs: p.integer().nullable(),
    rulesVersion: p.string().length(12).nullable(),
    /** What the plugin is asked, as JSON, where it may be that it ends the process. */
    pluginAsked: p.text().nullable(),
    /** Health of each watch, by name. */
    watches: p.json<Record<string, { health: string; reason: string | null; lastFileAt: number | null }>>().nullable(),
  },
});

/** The service's heartbeat and its claim on the database. */
export class ServiceState extends ServiceStateSchema.class {}
ServiceStateSchema.setClass(ServiceState);

const CounterSchema = defineEntity({
  name: 'Counter',
  tableName: 'counters',
  properties: { name: p.string().length(32).primary(), value: p.bigint('number').default(0) },
});

/** A number that is drawn from under a row lock, so that its order is commit order. */
export class Counter extends CounterSchema.class {}
CounterSchema.setClass(Counter);

const OpenDirectorySchema = defineEntity({
  name: 'OpenDirectory',
  tableName: 'open_directories',
  properties: {
    pathHash: p.string().length(32).primary(),
    path: p.text(),
    openedAt: p.datetime(3),
  },
});

/** A directory of an archive that files are being written into: what a crash leaves unfinished is in one of these. */
export class OpenDirectory extends OpenDirectorySchema.class {}
OpenDirectorySchema.setClass(OpenDirectory);
