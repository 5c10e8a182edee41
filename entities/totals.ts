import { defineEntity, p } from '@mikro-orm/core';
import type { ComponentStatus } from '../machines/file-group/status.ts';

const ComponentTotalSchema = defineEntity({
  name: 'ComponentTotal',
  tableName: 'component_totals',
  properties: {
    watchName: p.string().length(255).primary(),
    status: p.string().length(20).$type<ComponentStatus>().primary(),
    inDelivery: p.boolean().primary(),
    inArchive: p.boolean().primary(),
    total: p.bigint('number').default(0),
    bytes: p.bigint('number').default(0),
  },
});

/** How many components are alike, and their bytes: kept in the transaction that changes them, so that nobody counts rows. */
export class ComponentTotal extends ComponentTotalSchema.class {}
ComponentTotalSchema.setClass(ComponentTotal);

const GroupTotalSchema = defineEntity({
  name: 'GroupTotal',
  tableName: 'group_totals',
  properties: {
    watchName: p.string().length(255).primary(),
    /** The chart's state in snake case. */
    state: p.string().length(20).primary(),
    /** Complete, and without metadata. */
    bare: p.boolean().primary(),
    total: p.bigint('number').default(0),
  },
});

/** How many groups are alike, kept like {@link ComponentTotal}. */
export class GroupTotal extends GroupTotalSchema.class {}
GroupTotalSchema.setClass(GroupTotal);
