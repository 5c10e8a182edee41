import { defineEntity, p } from '@mikro-orm/core';
import type { TransitionFacts } from '../machines/file-group/facts.ts';

const GroupTransitionSchema = defineEntity({
  name: 'GroupTransition',
  tableName: 'group_transitions',
  properties: {
    /** Order of recording. */
    id: p.bigint('number').primary().autoincrement(),
    groupId: p.integer().index(),
    at: p.datetime(3),
    fromState: p.string().length(20).nullable(),
    toState: p.string().length(20),
    event: p.string().length(64),
    reason: p.text().nullable(),
    revision: p.integer(),
    attempt: p.integer(),
    rulesVersion: p.string().length(12).nullable(),
    machineVersion: p.integer(),
    /** Name of the host that recorded it; null in rows of former versions. */
    node: p.string().length(255).nullable(),
    /** What it was decided by; null: the event says it all. */
    facts: p.json<TransitionFacts>().nullable(),
  },
});

/** One step of a group's life: what audits are made of. Rows are only ever added. */
export class GroupTransition extends GroupTransitionSchema.class {}
GroupTransitionSchema.setClass(GroupTransition);
