import type { ColumnSpecs } from '../src/core/columns.ts';
import { ActorSnapshot } from './actor-snapshot.ts';
import { defineFileEntity } from './file.ts';
import { FileComponent } from './file-component.ts';
import { GroupTransition } from './group-transition.ts';
import { Counter, ServiceState } from './service-state.ts';

/** What is stored, as MikroORM entities; they know no services. */
export { ActorSnapshot } from './actor-snapshot.ts';
export { defineFileEntity, FileBase, fileBaseProperties, FileBaseSchema } from './file.ts';
export { FileComponent } from './file-component.ts';
export { GroupTransition } from './group-transition.ts';
export { Counter, ServiceState } from './service-state.ts';

/** Every entity, with a plugin's columns in `files`. */
export function allEntities(columns: ColumnSpecs) {
  return [defineFileEntity(columns), FileComponent, ActorSnapshot, GroupTransition, ServiceState, Counter];
}
