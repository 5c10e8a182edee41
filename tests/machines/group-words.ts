import type {
  Adoption,
  ArchivedCopy,
  Assessment,
  ComponentAssessment,
  ComponentTransfer,
  Destination,
  Failure,
  GroupEvent,
  GroupInput,
  GroupPolicy,
  GroupSubject,
  SeenCopy,
  SeenFile,
  Transfer,
} from '../../machines/file-group/index.ts';

/** Short words for what is said to a group and what its effects answer. Times are small numbers of milliseconds. */

export const destination: Destination = { archive: 'main', directory: '/archive/x', routedBy: 'watch' };

/** Where the file of this name is delivered. */
export function pathOf(name: string): string {
  return `/in/${name}`;
}

/** A settled file; another version is another content. */
export function file(name: string, version = 1): SeenFile {
  return {
    path: pathOf(name),
    name,
    identity: { sizeBytes: 100 + version, mtimeMs: version, ctimeMs: version, inode: version },
  };
}

export function policy(changed: Partial<GroupPolicy> = {}): GroupPolicy {
  return {
    maxRetries: 3,
    retryDelayMs: 100,
    retryBackoff: 'fixed',
    retryMaxDelayMs: 1_000,
    onRedelivery: 'archive',
    ...changed,
  };
}

/** How a new group differs from that of `a.dat` alone. */
export interface GroupOptions {
  readonly names?: readonly string[];
  readonly policy?: Partial<GroupPolicy>;
  readonly rulesVersion?: string;
  readonly at?: number;
}

export function inputOf({
  names = ['a.dat'],
  policy: changed,
  rulesVersion = 'r1',
  at = 1000,
}: GroupOptions): GroupInput {
  const files = names.map((name) => file(name));
  return { watchName: 'w', groupKey: 'a', policy: policy(changed), files, rulesVersion, at };
}

export function failure(changed: Partial<Failure> = {}): Failure {
  return { code: 'TRANSFER_FAILED', message: 'disk full', remedy: 'free space', retryable: true, at: 5000, ...changed };
}

/** How an assessment differs from a complete group whose components have all passed. */
export interface AssessmentOptions extends Partial<Omit<Assessment, 'components'>> {
  /** By name. */
  readonly verdicts?: Readonly<Record<string, ComponentAssessment['verdict']>>;
  /** Names of those whose content is that of their archived copy. */
  readonly unchanged?: readonly string[];
  /** Names of those whose content is that of their archived copy, which is no longer there. */
  readonly lost?: readonly string[];
}

export function assessmentOf(subject: GroupSubject, options: AssessmentOptions): Assessment {
  const { verdicts = {}, unchanged = [], lost = [], ...changed } = options;
  const assessed = subject.components.map(({ name, path, identity }): [string, ComponentAssessment] => {
    const verdict = verdicts[name] ?? 'passed';
    const reason = verdict === 'failed' ? 'too small' : verdict === 'waiting' ? 'waiting for its checksum' : null;
    const found = { verdict, reason, identity, unchanged: unchanged.includes(name) };
    return [path, lost.includes(name) ? { ...found, lost: true } : found];
  });
  const areSound = assessed.length > 0 && assessed.every(([, { verdict }]) => verdict === 'passed');
  return {
    at: 2000,
    rulesVersion: 'r1',
    policy: policy(),
    components: Object.fromEntries(assessed),
    complete: areSound && (changed.missing ?? []).length === 0,
    grouped: changed.missing !== undefined,
    groupedByPlugin: false,
    others: 'none',
    missing: [],
    timeoutMs: null,
    onTimeout: null,
    extracts: false,
    ...changed,
  };
}

/** How a transfer differs from one that archives every component. */
export interface TransferOptions {
  /** By name. */
  readonly outcomes?: Readonly<Record<string, 'changed' | 'gone' | Failure>>;
  readonly removesSources?: boolean;
  readonly at?: number;
}

export function copyOf(name: string, version = 1): ArchivedCopy {
  return {
    path: `/archive/x/${name}`,
    sha256: String(version).repeat(64),
    sizeBytes: 100 + version,
    at: 5000,
    source: file(name, version).identity,
  };
}

export function transferOf(subject: GroupSubject, options: TransferOptions): Transfer {
  const { outcomes = {}, removesSources = false, at = 5000 } = options;
  const results = subject.components.map(({ name, path, identity }): [string, ComponentTransfer] => {
    const outcome = outcomes[name];
    if (outcome === undefined) return [path, { outcome: 'archived', copy: copyOf(name, identity.inode), identity }];
    return [path, typeof outcome === 'string' ? { outcome } : { outcome: 'failed', failure: outcome }];
  });
  return { at, components: Object.fromEntries(results), removesSources };
}

/** The path of a file that was found in the archive. */
export function orphanPath(name: string): string {
  return `/archive/x/${name}`;
}

export function adoptionOf(changed: Partial<Adoption> = {}): Adoption {
  return {
    at: 4500,
    rulesVersion: 'r1',
    policy: policy(),
    complete: true,
    missing: [],
    metadata: { orbit: 7 },
    ...changed,
  };
}

/** What a policy of waiting for `a.xml` says of a group that lacks it. */
export function lacking(onTimeout: 'warn' | 'skip' | 'archive_partial', timeoutMs = 500): AssessmentOptions {
  return { missing: ['.xml'], timeoutMs, onTimeout };
}

/** The copy of a component as somebody looked at it; without a content it is that of every revision. */
export function seenCopy(name: string, sha256: string | null = null): SeenCopy {
  return { sourcePath: pathOf(name), archivePath: copyOf(name).path, sha256 };
}

/** A file that was found in the archive, looked at again. */
export function seenOrphan(name: string): SeenCopy {
  return { ...seenCopy(name), sourcePath: orphanPath(name) };
}

export const say = {
  settled: (files: readonly SeenFile[], at = 7000, rulesVersion: string | null = 'r1'): GroupEvent => ({
    type: 'files.settled',
    files,
    rulesVersion,
    at,
  }),
  gone: (names: readonly string[], at = 7000): GroupEvent => ({ type: 'files.removed', paths: names.map(pathOf), at }),
  timeoutDue: (at = 1500): GroupEvent => ({ type: 'timeout.due', at }),
  retryDue: (at = 5100): GroupEvent => ({ type: 'retry.due', at }),
  retry: (at = 8000): GroupEvent => ({ type: 'retry.requested', at }),
  rulesChanged: (at = 8000, rulesVersion = 'r2'): GroupEvent => ({ type: 'rules.changed', rulesVersion, at }),
  lookAgain: (at = 8000): GroupEvent => ({ type: 'assessment.requested', at }),
  lost: (names: readonly string[], at = 9000): GroupEvent => ({
    type: 'archive.lost',
    copies: names.map((name) => seenCopy(name)),
    at,
  }),
  found: (names: readonly string[], at = 9500): GroupEvent => ({
    type: 'archive.found',
    copies: names.map((name) => seenCopy(name)),
    at,
  }),
  writtenOff: (names: readonly string[], at = 9550): GroupEvent => ({
    type: 'archive.writtenOff',
    copies: names.map((name) => seenCopy(name)),
    at,
  }),
  adopted: (names: readonly string[], at = 9600): GroupEvent => ({
    type: 'archive.adopted',
    files: names.map((name) => ({ name, copy: copyOf(name) })),
    at,
  }),
  merged: (names: readonly string[], at = 9700): GroupEvent => ({
    type: 'archive.merged',
    paths: names.map(orphanPath),
    at,
  }),
} as const;
