import { shellWord } from '../core/index.ts';
import { sentence } from './sentence.ts';
import type { Action, StateText, WhyCase } from './why-report.ts';

/** What it means for a group that copies of it are no longer in the archive. */

/** Where a group is of which copies have gone. */
export function missing(found: WhyCase): StateText {
  const lost = lostOf(found);
  return {
    where: 'It was archived, but copies of it are no longer in the archive.',
    because: lost.map(placeOf),
    waitsFor: comesBack,
    actions: [
      {
        what: 'put the files back, then compare the archive with the database',
        command: 'carbonation reconcile archive',
      },
      archiveAnew(lost),
      {
        what: 'or, if they were removed on purpose or will not come back, write them off',
        command: `carbonation reconcile archive --write-off ${lost.map(({ archivePath }) => shellWord(archivePath ?? '')).join(' ')}`,
      },
    ],
  };
}

/** Where a group is whose lost copies are not expected back. */
export function writtenOff(found: WhyCase): StateText {
  return {
    where: 'It was archived; copies of it have gone, and were written off.',
    because: lostOf(found).map(placeOf),
    waitsFor: comesBack,
    actions: [{ what: 'nothing; to have it in the archive again, deliver its files again', command: null }],
  };
}

const comesBack = {
  what: 'the copies to be found again, or the files to be delivered again',
  until: null,
  after: null,
} as const;

function lostOf({ components }: WhyCase): WhyCase['components'] {
  return components.filter(({ inArchive, archivePath }) => !inArchive && archivePath !== null);
}

function placeOf({ filename, archivePath, errorMessage }: WhyCase['components'][number]): string {
  return sentence(`${filename} was at ${archivePath ?? ''}${errorMessage === null ? '' : ` (${errorMessage})`}`);
}

/** A source that is still in delivery is delivered again by a touch: its copy is missed then. */
function archiveAnew(lost: WhyCase['components']): Action {
  const there = lost.filter(({ inDelivery }) => inDelivery);
  if (there.length === 0 || there.length < lost.length) return { what: 'deliver its files again', command: null };
  return {
    what: 'or remove damaged copies, but none with the content of another file, and archive the files again from delivery',
    command: `touch ${there.map(({ sourcePath }) => shellWord(sourcePath)).join(' ')}`,
  };
}
