import { byPath, copyByPath, listByPath } from '../by-path.ts';
import type { AdoptedFile, Adoption, Component, GroupContext, SeenFile } from './types.ts';

/**
 * Changes of context by what is found in an archive. A file there that nobody
 * knows is an orphan: its path in the archive is the only one it has, so that a
 * component is an orphan exactly when it is its own copy.
 */

type Components = Record<string, Component>;

/** Whether a component was found in an archive and has never been delivered, as far as is known. */
export function isOrphan(component: Pick<Component, 'path' | 'archived'>): boolean {
  return component.archived !== null && component.archived.path === component.path;
}

/** The components that effects of an adoption are for: what the archive holds of the group. */
export function adopted(context: GroupContext): Component[] {
  return listByPath(context.components).filter((component) => isOrphan(component) && component.inArchive);
}

/** Orphans, taken in: sound as they are, and never in delivery. */
export function adopt(context: GroupContext, files: readonly AdoptedFile[], at: number): Partial<GroupContext> {
  const components: Components = copyByPath(context.components);
  for (const { name, copy } of files) {
    components[copy.path] = {
      path: copy.path,
      name,
      identity: copy.source,
      detectedAt: components[copy.path]?.detectedAt ?? at,
      verdict: 'passed',
      reason: null,
      inDelivery: false,
      inArchive: true,
      archived: copy,
      isCurrent: true,
    };
  }
  return { components, attempt: 0, dueAt: null };
}

/** What an adoption found out, taken in. */
export function applyAdoption(adoption: Adoption): Partial<GroupContext> {
  const { rulesVersion, policy, missing, metadata, complete } = adoption;
  const lacking = missing.length === 0 ? 'incomplete' : `without ${missing.join(', ')}`;
  return {
    rulesVersion,
    policy,
    missing,
    metadata,
    timeoutAt: null,
    onTimeout: null,
    dueAt: null,
    reason: complete ? null : `found in the archive, ${lacking}`,
  };
}

/**
 * Orphans whose copy belongs to a delivered file, dropped; a group of which nothing else is archived was never complete. It has been
 * handed out as if it were: what comes of it later is another revision.
 */
export function dropOrphans(context: GroupContext, paths: readonly string[]): Partial<GroupContext> {
  const kept = Object.entries(context.components).filter(([path, one]) => !isDropped(one, path, paths));
  const components: Components = byPath(kept);
  if (hasCopies(components)) return { components };
  const revision = context.revision + 1;
  return { components, revision, completedAt: null, completedRevision: 0, reason: 'its files belong to another group' };
}

/** Whether nothing that is archived would be left of the group without these orphans. */
export function isMerged(context: GroupContext, paths: readonly string[]): boolean {
  return !hasCopies(dropOrphans(context, paths).components ?? {});
}

function hasCopies(components: Readonly<Components>): boolean {
  return listByPath(components).some(({ archived }) => archived !== null);
}

function isDropped(component: Component, path: string, paths: readonly string[]): boolean {
  return paths.includes(path) && isOrphan(component) && component.inArchive;
}

/**
 * The orphan that a newly delivered file is: of the same name, whatever its
 * content. The delivered file takes over its copy; whether it still holds the
 * same is for the assessment to find out.
 */
export function orphanOf(components: Readonly<Components>, file: SeenFile): Component | null {
  const fileName = file.name.slice(file.name.lastIndexOf('/') + 1);
  const found = listByPath(components).find((one) => isOrphan(one) && !one.inDelivery && one.name === fileName);
  return found ?? null;
}
