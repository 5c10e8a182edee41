import { isOrphan, type Component, type GroupContext } from '../../machines/file-group/index.ts';
import {
  adoptionOf,
  assessmentOf,
  copyOf,
  destination,
  failure,
  file,
  pathOf,
  say,
  transferOf,
  type AssessmentOptions,
} from '../machines/group-words.ts';
import type { GroupSnapshot, ModelEvent } from '../support/graph.ts';

/** What a profile offers besides a life without troubles. */
export interface Offer {
  readonly name: string;
  readonly news: readonly ModelEvent['type'][];
  /** How effects may end otherwise. */
  readonly troubles?: readonly (
    | 'refused'
    | 'gone'
    | 'broken check'
    | 'broken extractor'
    | 'decision'
    | 'transfer'
    | 'removal'
  )[];
  /** Set: the group needs `a.dat` and `a.xml`. */
  readonly onTimeout?: 'warn' | 'skip' | 'archive_partial';
  /** `a.xml` may be delivered. */
  readonly hasSecond?: boolean;
  /** The first file, unless it is `a.dat`. */
  readonly first?: string;
  /** `a.dat` and `a.xml` may be found in the archive, where nobody knows them. */
  readonly adopts?: boolean;
  readonly moves?: boolean;
  readonly ignoresRedelivery?: boolean;
}

/** How long everything waits, in ms of the model. */
const timeoutMs = 500;

const fatal = { retryable: false } as const;

/** What can happen to a group where that is offered: its news, and how its effects may end. */
export class Model {
  readonly #offer: Offer;

  constructor(offer: Offer) {
    this.#offer = offer;
  }

  eventsIn(state: GroupSnapshot): readonly ModelEvent[] {
    // What changed under the transfer must settle again before anything can be said of it.
    const isUnsettled = Object.values(state.context.components).some(
      (c) => c.reason?.startsWith('changed while') === true,
    );
    if (isUnsettled) return [];
    return [...this.#news(state).filter(({ type }) => this.#offer.news.includes(type)), ...this.#ends(state)];
  }

  #news({ value, context }: GroupSnapshot): readonly ModelEvent[] {
    // No effect can be held up long enough for news: there is no file to look at, or no function of the plugin to ask.
    if (value === 'assessing' && present(context).length === 0) return [];
    if (value === 'deciding' && this.#offer.moves === true) return [];
    if (value === 'adopting' && lacking(context).length > 0) return [];
    return [
      ...(Object.keys(context.deferred).length > 0 ? [] : this.#deliveries(context)),
      ...deadlines({ value, context }),
      ...requests({ value, context }),
      ...losses({ value, context }),
      ...(this.#offer.adopts === true ? adoptions({ value, context }) : []),
    ];
  }

  #deliveries(context: GroupContext): readonly ModelEvent[] {
    const at = now(context);
    const names = [this.#troubled];
    return names.flatMap((name) => {
      const known = context.components[pathOf(name)];
      return [
        say.settled([file(name, (known?.identity.inode ?? 0) + 1)], at),
        ...(known?.inDelivery === true ? [say.gone([name], at)] : []),
      ];
    });
  }

  /** How the effect that runs may end. */
  #ends({ value, context }: GroupSnapshot): readonly ModelEvent[] {
    if (value === 'assessing') return this.#assessments(context);
    if (value === 'extracting') return this.#extractions(context);
    if (value === 'deciding') return this.#decisions(context);
    if (value === 'transferring') return this.#transfers(context);
    if (value === 'adopting') return this.#adoptions(context);
    return value === 'removingSources' ? this.#removals(context) : [];
  }

  #extractions(context: GroupContext): readonly ModelEvent[] {
    const end = done('extractMetadata', { at: now(context), metadata: { control: 'x' } });
    return this.#may('broken extractor') ? [end, failed('extractMetadata', context)] : [end];
  }

  #assessments(context: GroupContext): readonly ModelEvent[] {
    const subject = subjectOf(context, present(context));
    const answer = (verdicts: NonNullable<AssessmentOptions['verdicts']>, unchanged: readonly string[]) => {
      const sound = subject.components.filter(({ name }) => (verdicts[name] ?? 'passed') === 'passed');
      const { onTimeout = null } = this.#offer;
      const options = {
        at: now(context),
        policy: context.policy,
        verdicts,
        unchanged,
        extracts: this.#offer.moves !== true,
        grouped: onTimeout !== null,
        missing:
          onTimeout === null ? [] : ['.dat', '.xml'].filter((end) => !sound.some(({ name }) => name.endsWith(end))),
        timeoutMs: onTimeout === null ? null : timeoutMs,
        onTimeout,
      };
      return done('assessComponents', assessmentOf(subject, options));
    };
    // Unaltered since it was archived: known to be so. Altered: that depends on what was delivered.
    const same = subject.components.filter((c) => c.archived !== null && c.verdict === 'passed' && c.isCurrent);
    const open = subject.components.filter((c) => c.archived !== null && c.verdict !== 'passed');
    const names = same.map(({ name }) => name);
    const troubled = this.#troubled;
    const isThere = subject.components.some(({ name }) => name === troubled);
    return [
      answer({}, names),
      ...(open.length > 0 ? [answer({}, [...names, ...open.map(({ name }) => name)])] : []),
      ...(isThere && this.#may('refused') ? [answer({ [troubled]: 'failed' }, names)] : []),
      ...(isThere && this.#may('gone') ? [answer({ [troubled]: 'gone' }, names)] : []),
      ...(isThere && this.#may('broken check')
        ? [failed('assessComponents', context), failed('assessComponents', context, fatal)]
        : []),
    ];
  }

  #decisions(context: GroupContext): readonly ModelEvent[] {
    const at = now(context);
    const selected = done('decide', { at, outcome: 'selected', destination, reason: null });
    if (!this.#may('decision')) return [selected];
    return [
      selected,
      done('decide', { at, outcome: 'rejected', reason: 'not wanted' }),
      done('decide', { at, outcome: 'unroutable', failure: failure({ code: 'NO_ARCHIVE', at, ...fatal }) }),
      failed('decide', context),
      failed('decide', context, fatal),
    ];
  }

  #transfers(context: GroupContext): readonly ModelEvent[] {
    const at = now(context);
    const sound = present(context).filter((c) => c.verdict === 'passed' && !c.isCurrent);
    const subject = subjectOf(context, sound);
    const end = (outcome?: 'changed' | 'gone' | ReturnType<typeof failure>) =>
      done('transferComponents', {
        ...transferOf(subject, {
          at,
          removesSources: this.#offer.moves === true,
          outcomes: outcome === undefined ? {} : { 'a.dat': outcome },
        }),
      });
    if (!this.#may('transfer')) return [end()];
    const [deferred] = Object.values(context.deferred);
    return [
      end(),
      end(failure({ at })),
      end(failure({ at, ...fatal })),
      failed('transferComponents', context),
      ...(deferred === null ? [] : [end('changed')]),
      ...(deferred === undefined || deferred === null ? [end('gone')] : []),
    ];
  }

  #removals(context: GroupContext): readonly ModelEvent[] {
    const [deferred] = Object.values(context.deferred);
    const archived = present(context).filter((c) => c.archived !== null && c.isCurrent);
    // What was delivered anew meanwhile is no longer the file that was archived, and is kept.
    const isKept = deferred !== undefined && deferred !== null;
    const end = done('removeSources', { at: now(context), removed: isKept ? [] : archived.map(({ path }) => path) });
    return this.#may('removal') ? [end, failed('removeSources', context)] : [end];
  }

  /** The file that things happen to. */
  get #troubled(): string {
    return this.#offer.hasSecond === true ? 'a.xml' : (this.#offer.first ?? 'a.dat');
  }

  #adoptions(context: GroupContext): readonly ModelEvent[] {
    const missing = lacking(context);
    const complete = missing.length === 0;
    const metadata = complete ? { control: 'x' } : null;
    const end = done('adoptComponents', {
      ...adoptionOf({ policy: context.policy, complete, missing, metadata }),
      at: now(context),
    });
    return complete && this.#may('broken extractor') ? [end, failed('adoptComponents', context)] : [end];
  }

  #may(trouble: NonNullable<Offer['troubles']>[number]): boolean {
    return this.#offer.troubles?.includes(trouble) === true;
  }
}

function done(id: string, output: unknown): ModelEvent {
  return { type: `xstate.done.actor.${id}`, output };
}

function failed(id: string, context: GroupContext, changed: { readonly retryable?: boolean } = {}): ModelEvent {
  return { type: `xstate.error.actor.${id}`, error: failure({ at: now(context), ...changed }) };
}

function present(context: GroupContext): readonly Component[] {
  return Object.values(context.components).filter((component) => component.inDelivery);
}

function subjectOf({ watchName, groupKey, revision }: GroupContext, components: readonly Component[]) {
  return { watchName, groupKey, revision, components };
}

/** Time goes on: later than everything that the group remembers. */
function now(context: GroupContext): number {
  const times = Object.values(context.components).flatMap((c) => [c.detectedAt, c.archived?.at ?? 0]);
  return 1 + Math.max(context.firstSeenAt, context.timedOut ? (context.timeoutAt ?? 0) : 0, ...times);
}

function deadlines({ value, context }: Pick<GroupSnapshot, 'value' | 'context'>): readonly ModelEvent[] {
  if (context.dueAt === null) return [];
  if (value === 'waiting') return [say.timeoutDue(context.dueAt)];
  return value === 'retryPending' ? [say.retryDue(context.dueAt)] : [];
}

/** What people, rules and reconciliation ask, where they can. */
function requests({ value, context }: Pick<GroupSnapshot, 'value' | 'context'>): readonly ModelEvent[] {
  const at = now(context);
  const isBusy = ['assessing', 'extracting', 'deciding', 'adopting'].includes(value);
  const hasRefused = present(context).some(({ verdict }) => verdict === 'failed');
  const isLookedAt =
    isBusy || value === 'waiting' || (hasRefused && ['integrityFailed', 'timedOut', 'archived'].includes(value));
  return [
    ...(['timedOut', 'integrityFailed', 'notSelected', 'failed', 'retryPending'].includes(value)
      ? [say.retry(at)]
      : []),
    ...(isBusy || value === 'waiting' || value === 'notSelected' ? [say.rulesChanged(at)] : []),
    ...(isLookedAt ? [say.lookAgain(at)] : []),
  ];
}

/** Copies come and go only while the group is at rest: a reconciliation leaves others alone. */
function losses({ value, context }: Pick<GroupSnapshot, 'value' | 'context'>): readonly ModelEvent[] {
  const at = now(context);
  const copies = Object.values(context.components).filter(({ archived }) => archived !== null);
  const lost = copies.filter(({ inArchive }) => !inArchive);
  const seen = (components: readonly Component[]) =>
    components.flatMap(({ path, archived }) =>
      archived === null ? [] : [{ sourcePath: path, archivePath: archived.path, sha256: archived.sha256 }],
    );
  if (value === 'archived' && copies.length > 0) return [{ type: 'archive.lost', copies: seen(copies), at }];
  if (lost.length === 0 || !['missing', 'writtenOff', 'integrityFailed'].includes(value)) return [];
  const there = copies.filter(({ inArchive }) => inArchive);
  return [
    { type: 'archive.found', copies: seen(lost.slice(-1)), at },
    ...(value === 'missing' ? [{ type: 'archive.writtenOff', copies: seen(lost), at } as const] : []),
    ...(value === 'writtenOff' && there.length > 0 ? [{ type: 'archive.lost', copies: seen(there), at } as const] : []),
  ];
}

/** The files that can be found in the archive. */
const orphans = ['a.dat', 'a.xml'] as const;

/** Which of them the archive does not hold, as the rules name them. */
function lacking(context: GroupContext): readonly string[] {
  const held = Object.values(context.components).filter((one) => isOrphan(one) && one.inArchive);
  return orphans.filter((name) => held.every((one) => one.name !== name)).map((name) => name.slice(1));
}

/** What is found in the archive, by a reconciliation. */
function adoptions({ value, context }: Pick<GroupSnapshot, 'value' | 'context'>): readonly ModelEvent[] {
  const at = now(context);
  const known = Object.values(context.components).filter(isOrphan);
  const there = known.filter(({ inArchive }) => inArchive);
  const found = orphans.filter((name) => known.every((one) => one.name !== name));
  const adopting = (names: readonly string[]): ModelEvent => ({
    type: 'archive.adopted',
    files: names.map((name) => ({ name, copy: copyOf(name) })),
    at,
  });
  const merging = (components: readonly Component[]): ModelEvent => ({
    type: 'archive.merged',
    paths: components.map(({ path }) => path),
    at,
  });
  const rests = ['retryPending', 'archived', 'missing', 'writtenOff', 'failed', 'cleared'].includes(value);
  if (value === 'adopting') return [adopting(['a.xml'])];
  if (!rests) return [];
  return [
    ...(found.length === 0 ? [] : [adopting(found), adopting(found.slice(0, 1))]),
    ...(['archived', 'missing', 'writtenOff'].includes(value) && there.length > 0
      ? [merging(there), merging(there.slice(0, 1))]
      : []),
  ];
}
