import { defineEntity, p } from '@mikro-orm/core';

const ActorSnapshotSchema = defineEntity({
  name: 'ActorSnapshot',
  tableName: 'actor_snapshots',
  properties: {
    groupId: p.integer().primary(),
    /** The chart, `file-group`. */
    machine: p.string().length(32),
    /** Version of the chart that wrote the snapshot. */
    version: p.integer(),
    /** XState's persisted snapshot. */
    snapshot: p.json<unknown>(),
    savedAt: p.datetime(3),
  },
});

/** What it takes to resume a group's actor. */
export class ActorSnapshot extends ActorSnapshotSchema.class {}
ActorSnapshotSchema.setClass(ActorSnapshot);
