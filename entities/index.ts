import type { ColumnSpecs } from '../src/core/columns.ts';
import { ActorSnapshot } from './actor-snapshot.ts';
import { ArchiveAudit, ArchiveRoot, FormerCopy } from './archive-audit.ts';
import { defineFileEntity } from './file.ts';
import { FileComponent } from './file-component.ts';
import { GroupTransition } from './group-transition.ts';
import { Notifier, WatchEvent } from './notify.ts';
import { ReconcileRequest, WatchRoot } from './reconciliation.ts';
import { Counter, OpenDirectory, ServiceState } from './service-state.ts';
import { ComponentTotal, GroupTotal } from './totals.ts';

/** What is stored, as MikroORM entities; they know no services. */
export { ActorSnapshot } from './actor-snapshot.ts';
export { ArchiveAudit, ArchiveRoot, FormerCopy } from './archive-audit.ts';
export { FileBase } from './file.ts';
export { FileComponent } from './file-component.ts';
export { GroupTransition } from './group-transition.ts';
export { Notifier, WatchEvent } from './notify.ts';
export { ReconcileRequest, WatchRoot } from './reconciliation.ts';
export { Counter, OpenDirectory, ServiceState } from './service-state.ts';
export { ComponentTotal, GroupTotal } from './totals.ts';

/** Every entity, with a plugin's columns in `files`. */
export function allEntities(columns: ColumnSpecs) {
  return [
    defineFileEntity(columns),
    FileComponent,
    ActorSnapshot,
    GroupTransition,
    ServiceState,
    Counter,
    OpenDirectory,
    ComponentTotal,
    GroupTotal,
    WatchRoot,
    ReconcileRequest,
    Notifier,
    WatchEvent,
    FormerCopy,
    ArchiveRoot,
    ArchiveAudit,
  ];
}
