import { byPath, listByPath } from '../by-path.ts';
import type { Component, GroupContext, GroupEvent, SeenCopy } from './types.ts';

/**
 * Changes of context by what is seen of copies in the archive. Looking takes its time: a copy that was looked at may no
 * longer be the component's when the group is told, and then says nothing of it.
 */

type CopyEvent = Extract<GroupEvent, { type: 'archive.lost' | 'archive.found' }>;

/** Whether a copy that was looked at is the component's still. */
export function isCopyOf({ archived }: Pick<Component, 'archived'>, { archivePath, sha256 }: SeenCopy): boolean {
  return archived !== null && archived.path === archivePath && archived.sha256 === (sha256 ?? archived.sha256);
}

/** Copies that are (no longer) in the archive. */
export function markCopies(context: GroupContext, event: CopyEvent): Partial<GroupContext> {
  return { components: withChanged(context, news(context, event)) };
}

/** Whether anything of it is news to the group. */
export function isNews(context: GroupContext, event: CopyEvent): boolean {
  return news(context, event).length > 0;
}

/** Whether no copy is missing any more after this. */
export function isAllFound(context: GroupContext, event: CopyEvent): boolean {
  return !hasLostCopies({ ...context, ...markCopies(context, event) });
}

/** Whether a component has its copy in the archive. */
export function hasCopy(component: Component | undefined): boolean {
  return component !== undefined && component.archived !== null && component.inArchive;
}

/** Whether a copy is no longer in the archive. */
export function hasLostCopies({ components }: Pick<GroupContext, 'components'>): boolean {
  return listByPath(components).some(isLost);
}

/** Whether a copy is no longer in the archive that is expected back. */
export function isMissing({ components }: Pick<GroupContext, 'components'>): boolean {
  return listByPath(components).some(isAwaited);
}

/** Whether these are all the copies that are no longer in the archive. */
export function isAllWrittenOff({ components }: GroupContext, copies: readonly SeenCopy[]): boolean {
  const told = new Map(copies.map((copy) => [copy.sourcePath, copy]));
  return listByPath(components).every((component) => {
    const copy = told.get(component.path);
    return !isLost(component) || (copy !== undefined && isCopyOf(component, copy));
  });
}

/** None of the lost copies is expected back. */
export function writeOff(context: GroupContext): Partial<GroupContext> {
  const awaited = listByPath(context.components).filter(isAwaited);
  const writtenOff = awaited.map((component): Component => ({ ...component, isWrittenOff: true }));
  return { components: withChanged(context, writtenOff), reason: `written off: ${lostNames(context)}` };
}

/** What a group lacks in the archive, in one sentence. */
export function missingReason(context: GroupContext): string {
  return `no longer in the archive: ${lostNames(context)}`;
}

function lostNames(context: GroupContext): string {
  const lost = listByPath(context.components).filter(isLost);
  const said = lost.slice(0, 3).map(({ name, reason }) => (reason === null ? name : `${name} (${reason})`));
  const more = lost.length > said.length ? ` and ${lost.length - said.length} more` : '';
  return `${said.join(', ')}${more}`;
}

/** A component whose copy, should it go, is expected back. */
export function expected(component: Component): Component {
  if (component.isWrittenOff === undefined) return component;
  const { isWrittenOff: _, ...rest } = component;
  return rest;
}

function isLost({ archived, inArchive }: Component): boolean {
  return archived !== null && !inArchive;
}

/** Lost, and expected back. */
function isAwaited(component: Component): boolean {
  return isLost(component) && component.isWrittenOff === undefined;
}

function withChanged({ components }: GroupContext, changed: readonly Component[]): GroupContext['components'] {
  return byPath([...Object.entries(components), ...changed.map((one) => [one.path, one] as const)]);
}

/** The components of which something else is known than before, as they are now. */
function news(context: GroupContext, event: CopyEvent): readonly Component[] {
  const inArchive = event.type === 'archive.found';
  const reason = event.type === 'archive.lost' ? (event.reason ?? null) : null;
  return event.copies.flatMap((copy) => {
    const known = context.components[copy.sourcePath];
    if (known === undefined || !isCopyOf(known, copy)) return [];
    if (known.inArchive === inArchive && (reason ?? known.reason) === known.reason) return [];
    const settled = inArchive && known.verdict !== 'failed' ? null : known.reason;
    return [{ ...expected(known), inArchive, reason: reason ?? settled }];
  });
}
