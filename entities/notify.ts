import { defineEntity, p } from '@mikro-orm/core';

const NotifierSchema = defineEntity({
  name: 'Notifier',
  tableName: 'notifiers',
  properties: {
    name: p.string().length(64).primary(),
    /** The last of `group_transitions` that it has taken, or that is none of its business. */
    transitionId: p.bigint('number'),
    /** The last of `watch_events`, likewise. */
    watchEventId: p.bigint('number'),
    /** When it last took an event. */
    deliveredAt: p.datetime(3).nullable(),
    /** Since when it takes none, or null. */
    failingSince: p.datetime(3).nullable(),
    lastError: p.text().nullable(),
  },
});

/** How far a notifier has got: what comes behind it is still to be delivered. */
export class Notifier extends NotifierSchema.class {}
NotifierSchema.setClass(Notifier);

const WatchEventSchema = defineEntity({
  name: 'WatchEvent',
  tableName: 'watch_events',
  properties: {
    /** Order of recording. */
    id: p.bigint('number').primary().autoincrement(),
    watchName: p.string().length(255).index(),
    at: p.datetime(3),
    /** `lost` or `found`. */
    health: p.string().length(20),
    reason: p.text().nullable(),
  },
});

/** A watch whose directory was lost or found again. Rows are only ever added. */
export class WatchEvent extends WatchEventSchema.class {}
WatchEventSchema.setClass(WatchEvent);
