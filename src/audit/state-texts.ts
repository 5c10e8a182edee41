import { join } from 'node:path';
import { isCompleted, type Component, type Failure, type GroupState } from '../../machines/file-group/index.ts';
import { counted } from '../core/counted.ts';
import { shellOption, shellWord } from '../core/index.ts';
import { missing, writtenOff } from './lost-copies.ts';
import { sentence } from './sentence.ts';
import type { Action, StateText, WhyCase } from './why-report.ts';

/** What each state of a group means for this group: where it is, why, what it waits for and what a person can do. */

type Tell = (found: WhyCase) => StateText;

/** A state in which an effect runs: nothing is to be done, unless no service runs. */
function working(where: string, waitsFor: string): Tell {
  return (found) => ({
    where,
    because: reasonOf(found),
    waitsFor: { what: waitsFor, until: null, after: null },
    actions: [
      {
        what: 'nothing, while a service runs; without one it goes on with the next',
        command: 'carbonation run --once',
      },
    ],
  });
}

/** By state: one that is missing here does not compile. */
export const stateTexts: Readonly<Record<GroupState, Tell>> = {
  assessing: working('Its files are being checked, and whether the group is complete.', 'the checks to end'),
  extracting: working('The plugin is reading its metadata.', 'the extractor to end'),
  deciding: working('The rules decide whether it is selected, and where it goes.', 'the decision'),
  transferring: working('Its files are being copied, verified and published in the archive.', 'the transfer to end'),
  removingSources: working(
    'Its copies are archived and recorded; the sources of the move are being removed.',
    'the sources to be gone',
  ),
  adopting: working('Unknown files of the archive are being recorded as this group.', 'the archived files to be read'),
  waiting,
  timedOut,
  integrityFailed,
  notSelected,
  retryPending,
  archived: withFailed(archived),
  missing: withFailed(missing),
  writtenOff: withFailed(writtenOff),
  failed,
  cleared,
};

function waiting(found: WhyCase): StateText {
  const { group, context } = found;
  return {
    where:
      context?.timedOut === true
        ? 'It is overdue, and still waits to become complete.'
        : 'It waits to become complete.',
    because: incompleteness(found),
    waitsFor: {
      what: context !== null && context.missing.length > 0 ? 'the missing files' : 'its files to become sound',
      until: group.dueAt,
      after: group.dueAt === null ? null : afterTimeout(context?.onTimeout ?? null),
    },
    actions: [...deliverMissing(found), ...repairFailed(found), relaxCompleteness(found)].filter((one) => one !== null),
  };
}

function afterTimeout(policy: 'warn' | 'skip' | 'archive_partial' | null): string {
  if (policy === 'skip') return 'it is given up as timed out (on_timeout = "skip")';
  if (policy === 'archive_partial') return 'what is there is archived (on_timeout = "archive_partial")';
  return 'it is reported as overdue, and goes on waiting (on_timeout = "warn")';
}

function timedOut(found: WhyCase): StateText {
  return {
    where: 'It was given up because it did not become complete in time.',
    because: incompleteness(found),
    waitsFor: askedAgain(found) ?? {
      what: 'one of its files, or the checksum of one, to come or to change',
      until: null,
      after: null,
    },
    actions: [
      ...deliverMissing(found),
      retry(found, 'timed_out', 'start its time-out again'),
      relaxCompleteness(found),
    ].filter((one) => one !== null),
  };
}

function integrityFailed(found: WhyCase): StateText {
  const because = unsound(found);
  return {
    where: 'A file that stands alone failed its checks; it is not archived.',
    because: because.length > 0 ? because : reasonOf(found),
    waitsFor: askedAgain(found) ?? {
      what: 'the file to change, or the next reconciliation to look at it again',
      until: null,
      after: null,
    },
    actions: [
      ...repairFailed(found),
      retry(found, 'integrity_failed', 'check it again as it is'),
      rule(found, 'integrity', 'change what is checked'),
    ].filter((one) => one !== null),
  };
}

function notSelected(found: WhyCase): StateText {
  return {
    where: 'No selection rule accepts it; it is left in delivery.',
    because: reasonOf(found),
    waitsFor: askedAgain(found) ?? { what: 'other rules, or one of its files to change', until: null, after: null },
    actions: [
      correctFunction(found),
      rule(found, 'selection', 'change what is selected; a running service judges it again at once'),
      {
        what: 'see what the rules in a file would change, be it the one in force',
        command: `carbonation check rules ${shellWord(found.config.rulesPath)}`,
      },
      retry(found, 'not_selected', 'extract its metadata and decide again'),
    ].filter((one) => one !== null),
  };
}

function retryPending(found: WhyCase): StateText {
  const { group, context } = found;
  const failure = lastFailure(found);
  const most = context?.policy.maxRetries ?? found.config.service.maxRetries;
  const isOver = group.dueAt !== null && group.dueAt <= found.now;
  return {
    where:
      group.attempt === 0
        ? 'Another try was asked for.'
        : `A try failed; it will be tried again (${group.attempt} of ${most} retries).`,
    because: reasonOf(found),
    waitsFor: {
      what: isOver ? 'a service to process it: the next try is due' : 'the next try',
      until: group.dueAt,
      after:
        group.attempt >= most && group.attempt > 0
          ? sourcesLeft(found).length > 0
            ? 'if that fails too, its sources stay in delivery'
            : 'if that fails too, it is FAILED'
          : 'it is tried again from the start; what is archived already is not done again',
    },
    actions: [
      ...(failure === null ? [] : [{ what: failure.remedy, command: null }]),
      ...(isOver
        ? [{ what: 'process it now', command: 'carbonation run --once' }]
        : [
            { what: 'nothing, while a service runs: it tries again on time', command: null },
            retry(found, 'failed', 'try it again at once'),
          ]),
    ],
  };
}

function archived(found: WhyCase): StateText {
  const { group, context, components } = found;
  const left = sourcesLeft(found);
  const inArchive = components.filter((one) => one.inArchive).length;
  const files = `${inArchive} ${inArchive === 1 ? 'file is' : 'files are'}`;
  const destination = context?.destination ?? null;
  return {
    where:
      components.length === 0
        ? 'It was archived, and another group has its files by now.'
        : `It is archived: ${files} in the archive, verified.`,
    because: [
      ...(destination === null
        ? []
        : [`It went to the archive "${destination.archive}", ${destination.directory}, by ${destination.routedBy}.`]),
      ...reasonOf(found),
      ...(context?.timedOut === true ? [`It was archived incomplete, without ${context.missing.join(', ')}.`] : []),
      ...(group.revision > 1
        ? [`It is revision ${group.revision}: its history lists what the archive has of former deliveries.`]
        : []),
    ],
    waitsFor: null,
    actions: [
      left.length > 0
        ? left.some(({ reason }) => reason !== null)
          ? {
              what: `remove the cause: each reconciliation tries again to remove ${counted(left.length, 'file')} of it from delivery`,
              command: 'carbonation reconcile delivery',
            }
          : {
              what: `remove ${counted(left.length, 'file')} of it from delivery by hand: the move could not`,
              command: null,
            }
        : { what: 'nothing; a file that is delivered again with other content makes a new revision', command: null },
    ],
  };
}

/** Sources that a move was to remove and that are in delivery as they were archived. */
function sourcesLeft({ context }: WhyCase): readonly Component[] {
  if (context === null || !context.removesSources || !isCompleted(context)) return [];
  return Object.values(context.components).filter((one) => one.inDelivery && one.isCurrent && one.verdict === 'passed');
}

function failed(found: WhyCase): StateText {
  const failure = lastFailure(found);
  const tries =
    found.group.attempt > 0
      ? [`It was tried again ${found.group.attempt} ${found.group.attempt === 1 ? 'time' : 'times'}.`]
      : [];
  return {
    where: 'It failed; nothing more is tried by itself.',
    because: [...reasonOf(found), ...tries],
    waitsFor: askedAgain(found) ?? {
      what: 'one of its files to change, or a person to ask for another try',
      until: null,
      after: null,
    },
    actions: [
      ...(failure === null ? [] : [{ what: failure.remedy, command: null }]),
      retry(
        found,
        'failed',
        'try again when the cause is gone; if it was in config.toml or the plugin, restart the service first',
      ),
    ],
  };
}

function cleared({ components }: WhyCase): StateText {
  const names = components.map(({ filename }) => filename).join(', ');
  return {
    where: 'Its files left delivery before they were archived.',
    because: names === '' ? [] : [sentence(`gone: ${names}`)],
    waitsFor: { what: 'its files to be delivered again', until: null, after: null },
    actions: [{ what: 'deliver its files again', command: null }],
  };
}

/** What keeps a group from being complete. */
function incompleteness(found: WhyCase): readonly string[] {
  const { context, ruleSet } = found;
  const missing = context?.missing ?? [];
  const expected = ruleSet?.completeness?.expectedExtensions ?? [];
  const by =
    ruleSet === null || expected.length === 0 ? '' : `; rule set "${ruleSet.name}" expects ${expected.join(', ')}`;
  const reasons = [
    ...(missing.length === 0
      ? []
      : [sentence(`${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} still to come${by}`)]),
    ...unsound(found),
  ];
  return reasons.length > 0 ? reasons : reasonOf(found);
}

/** What has been archived may have files beside it that failed their checks; beside lost copies no reconciliation looks at them again. */
function withFailed(tell: Tell): Tell {
  return (found) => {
    const text = tell(found);
    const failedOnes = failedFiles(found);
    if (failedOnes.length === 0) return text;
    const checked = {
      what: 'deliver what failed its checks again, sound, or remove the cause and have it checked again',
      command: `touch ${failedOnes.map(({ path }) => shellWord(path)).join(' ')}`,
    };
    return { ...text, because: [...text.because, ...unsound(found)], actions: [...text.actions, checked] };
  };
}

/** Files in delivery that failed their checks. */
function failedFiles({ context }: WhyCase): readonly Component[] {
  return Object.values(context?.components ?? {}).filter((one) => one.inDelivery && one.verdict === 'failed');
}

function unsound({ context }: WhyCase): readonly string[] {
  const inDelivery = Object.values(context?.components ?? {}).filter((one) => one.inDelivery);
  return inDelivery.flatMap(({ name, verdict, reason }: Component) => {
    if (verdict === 'failed') return [sentence(`${name} failed its checks: ${reason ?? 'no reason was given'}`)];
    return verdict === 'waiting' ? [sentence(`${name} is not ready: ${reason ?? 'still changing'}`)] : [];
  });
}

function reasonOf({ group }: WhyCase): readonly string[] {
  return group.reason === null ? [] : [sentence(group.reason)];
}

function lastFailure({ transitions }: WhyCase): Pick<Failure, 'remedy'> | null {
  return transitions.findLast(({ facts }) => facts?.failure !== undefined)?.facts?.failure ?? null;
}

/** `carbonation retry` marks a group due; the service takes it from there. */
function askedAgain({ group, config }: WhyCase): StateText['waitsFor'] {
  if (group.dueAt === null) return null;
  const everyMs = config.service.pollIntervalMs;
  const what = `a service to process it: another try was asked for, and a running service looks every ${everyMs / 1000} s`;
  return { what, until: null, after: null };
}

function retry({ group }: WhyCase, status: string, what: string): Action {
  const named = `${shellOption('--watch-name', group.watchName)} ${shellOption('--group-key', group.groupKey)}`;
  const exact = named.includes('%') ? ' --exact' : '';
  const other = `${status === 'failed' ? '' : ` --status ${status}`}${exact}`;
  return { what, command: `carbonation retry ${named}${other}` };
}

/** What rejects by a mistake of its own: see `askPlugin` in src/rules/select.ts. */
function correctFunction({ group }: WhyCase): Action | null {
  const [, name] = /function "([^"]+)" (?:failed: |answered )/.exec(group.reason ?? '') ?? [];
  if (name === undefined) return null;
  return {
    what: `correct the plugin's function "${name}", restart the service, and then have it decided again`,
    command: null,
  };
}

/** Where the rule is that decides. */
function rule(
  { ruleSet, config }: WhyCase,
  part: 'integrity' | 'completeness' | 'selection',
  what: string,
): Action | null {
  if (ruleSet === null) return null;
  const table = part === 'completeness' ? `[${ruleSet.name}.${part}]` : `[[${ruleSet.name}.${part}]]`;
  return { what: `${what}: ${table} in ${config.rulesPath}`, command: null };
}

function relaxCompleteness(found: WhyCase): Action | null {
  if (found.ruleSet === null || found.ruleSet.completeness === null) return null;
  return rule(found, 'completeness', 'change the expected files, or what happens after the time-out');
}

/** The files that a stem and the missing extensions make; one that is there but not sound is told of elsewhere. */
function deliverMissing({ context, watch, group, ruleSet }: WhyCase): readonly Action[] {
  if (context === null || watch === null) return [];
  const isByStem = ruleSet?.completeness?.groupBy === 'stem' && !ruleSet.completeness.acrossDirectories;
  return context.missing.flatMap((part) => {
    // Without a completeness rule the group is one file, and its key the file's path.
    const path = join(watch.path, part.startsWith('.') ? `${group.groupKey}${part}` : group.groupKey);
    if (context.components[path]?.inDelivery === true) return [];
    const isKnown = isByStem || !part.startsWith('.');
    return [{ what: isKnown ? `deliver ${path}` : `deliver its file ${part} into ${watch.path}`, command: null }];
  });
}

function repairFailed(found: WhyCase): readonly Action[] {
  return failedFiles(found).map(({ path, reason }) => {
    if (!/\b(?:EACCES|EPERM)\b/.test(reason ?? '')) return { what: `deliver ${path} again, sound`, command: null };
    return retry(found, 'integrity_failed', `let the user of the service read ${path}, then have it checked again`);
  });
}
