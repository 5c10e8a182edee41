import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { openProject, openStore, type OpenStore } from '../../src/api/index.ts';
import { readStatus, type StatusReport } from '../../src/store/read/reports.ts';
import { recountTotals } from '../../src/store/commit/totals.ts';
import { runCli, TextStream } from '../support/cli.ts';
import { useTemp } from '../support/temp.ts';

const directory = useTemp();
const now = Date.UTC(2026, 0, 31, 12);
const hour = 3_600_000;

beforeEach(async () => {
  await runCli(['init'], { cwd: directory() });
  await runCli(['db', 'init'], { cwd: directory() });
});

async function withStore<Value>(work: (opened: OpenStore) => Promise<Value>): Promise<Value> {
  const opened = await openStore(await openProject(join(directory(), 'config.toml'), {}));
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

/** Runs the statements, then reads the report at `now`. */
function reportAfter(...statements: readonly string[]): Promise<StatusReport> {
  return withStore(async ({ store }) => {
    for (const statement of statements) await store.sql.run(statement);
    await recountTotals(store.sql);
    return readStatus(store.sql, now);
  });
}

let next = 0;
function component(
  status: string,
  detectedAt: number,
  more: { archivedAt?: number; delivery?: 0 | 1; archive?: 0 | 1 } = {},
) {
  next += 1;
  return `insert into file_components (group_id, watch_name, filename, source_path, path_hash, status, size_bytes,
    in_delivery, in_archive, detected_at, archived_at) values (1, 'w', 'f', '/f${next}', 'h${next}', '${status}', 100,
    ${more.delivery ?? 1}, ${more.archive ?? 0}, ${detectedAt}, ${more.archivedAt ?? 'null'})`;
}

function group(
  key: string,
  state: string,
  createdAt: number,
  more: { complete?: 1; metadata?: string; reason?: string } = {},
) {
  const quoted = (text: string | undefined): string => (text === undefined ? 'null' : `'${text}'`);
  return `insert into files (watch_name, group_key, key_hash, state, state_since, created_at, modified_at, complete, metadata,
    reason) values ('w', '${key}', '${key}', '${state}', ${createdAt}, ${createdAt}, ${createdAt}, ${more.complete ?? 0},
    ${quoted(more.metadata)}, ${quoted(more.reason)})`;
}

describe('readStatus', () => {
  it('counts open files by when they were detected, archived ones by when they were archived', async () => {
    const { components } = await reportAfter(
      component('waiting', now - 2 * hour),
      component('waiting', now - 100 * hour),
      component('archived', now - 100 * hour, { archivedAt: now - 0.5 * hour }),
      // Not on record when: it counts by when it was detected.
      component('archived', now - 20 * hour),
    );
    expect(components.waiting).toEqual({ '1h': 0, '4h': 1, '1d': 1, '7d': 2, '30d': 2, total: 2 });
    expect(components.archived).toEqual({ '1h': 1, '4h': 1, '1d': 2, '7d': 2, '30d': 2, total: 2 });
    expect(components.failed.total).toBe(0);
  });

  it('adds up what is in delivery and in the archive', async () => {
    const report = await reportAfter(
      component('waiting', now - hour),
      component('archived', now - hour, { delivery: 1, archive: 1 }),
      component('archived', now - 3 * hour, { delivery: 0, archive: 1 }),
      component('cleared', now - 2 * hour, { delivery: 0 }),
    );
    expect(report.delivery).toEqual({ count: 2, bytes: 200 });
    expect(report.archive).toEqual({ count: 2, bytes: 200 });
    expect(report.lastFileAt).toBe(now - hour);
  });

  it('is read beside a group that was delivered again and whose snapshot is no JSON', async () => {
    const report = await reportAfter(
      group('broken', 'waiting', now - 2 * hour),
      "update files set revision = 2 where group_key = 'broken'",
      "insert into actor_snapshots (group_id, machine, version, snapshot, saved_at) select id, 'file-group', 1, '{', 0 from files",
      group('sound', 'waiting', now - hour),
    );
    expect(report.oldestIncomplete).toMatchObject({ groupKey: 'broken', since: now - 2 * hour });
  });

  it('finds the oldest group that is still to finish, and the retry queue', async () => {
    const report = await reportAfter(
      group('old-failed', 'failed', now - 9 * hour),
      // Only another file helps: it would hide for ever what is waited for.
      group('old-unsound', 'integrity_failed', now - 9 * hour),
      group('old-done', 'archived', now - 9 * hour, { complete: 1, metadata: '{}' }),
      group('bare', 'archived', now - 9 * hour, { complete: 1 }),
      group('young', 'waiting', now - hour),
      group('retry', 'retry_pending', now - 3 * hour, { reason: 'disk full' }),
    );
    expect(report.oldestIncomplete).toEqual({
      watchName: 'w',
      groupKey: 'retry',
      state: 'retry_pending',
      since: now - 3 * hour,
      reason: 'disk full',
    });
    expect(report.retryQueue).toBe(1);
    expect(report.withoutMetadata).toBe(1);
    expect(report.groups).toEqual({ failed: 1, integrity_failed: 1, archived: 2, waiting: 1, retry_pending: 1 });
  });

  it.each([
    ['running within 5 heartbeats', `'i'`, now - 50_000, false],
    ['stale after more', `'i'`, now - 50_001, true],
    ['stale when its clock was far ahead', `'i'`, now + 50_001, true],
    ['stale when it has stopped', 'null', now - 1, true],
  ])('calls a service %s', async (_name, instance, heartbeat, stale) => {
    const { service } = await reportAfter(
      `update service_state set instance = ${instance}, last_heartbeat = ${heartbeat}, heartbeat_ms = 10000, queue_depth = 7`,
    );
    expect(service).toMatchObject({ stale, running: !stale, lastHeartbeat: heartbeat, queueDepth: 7 });
  });

  it('reads the health of the watches', async () => {
    const watches = JSON.stringify({
      w: {
        health: 'lost',
        reason: 'gone',
        isHeldBack: true,
        lastFileAt: now,
        ungrouped: { files: 2, path: '/a', reason: 'no' },
      },
      v: { health: 'healthy', stuck: { groups: 3, groupKey: 'k', reason: 'full' } },
    });
    const report = await reportAfter(`update service_state set watches = '${watches}'`);
    expect(report.watches).toEqual([
      {
        name: 'w',
        health: 'lost',
        reason: 'gone',
        isHeldBack: true,
        lastFileAt: now,
        ungrouped: { files: 2, path: '/a', reason: 'no' },
        stuck: null,
      },
      {
        name: 'v',
        health: 'healthy',
        reason: null,
        isHeldBack: false,
        lastFileAt: null,
        ungrouped: null,
        stuck: { groups: 3, groupKey: 'k', reason: 'full' },
      },
    ]);
  });
});

describe('status', () => {
  it('shows it all at a glance, and nothing that could harm a terminal', async () => {
    const watches = JSON.stringify({ 'my-watch': { health: 'lost', reason: 'gone\u001B[2J', lastFileAt: null } });
    await reportAfter(
      component('waiting', Date.now()),
      group('a\n\u001Bb', 'waiting', now, { reason: 'needs .json' }),
      `update service_state set instance = 'i', host = 'h', pid = 7, heartbeat_ms = 60000, last_heartbeat = ${Date.now()},
        started_at = ${Date.now()}, watches = '${watches}'`,
    );
    const { stdout } = await runCli(['status'], { cwd: directory() });
    expect(stdout).toMatch(/^service +running since .* UTC \(\d+ s ago\), heartbeat .*, pid 7 on h$/m);
    expect(stdout).toMatch(/^delivery +1 file, 100 B$/m);
    expect(stdout).toMatch(/^oldest incomplete +w\/a\\n\\u001bb, waiting since .*: needs \.json$/m);
    expect(stdout).toMatch(/^files +1h +4h +1d +7d +30d +total$/m);
    expect(stdout).toMatch(/^waiting +1 +1 +1 +1 +1 +1$/m);
    expect(stdout).toMatch(/^my-watch +lost +never +gone\\u001b\[2J +carbonation doctor$/m);
    expect(stdout).not.toContain('\u001B');
  });

  it('has a line for each watch on a terminal, and below them the commands, whole; elsewhere all of it in a line', async () => {
    const reason = '/srv/the delivery directory of a watch/with a long name does not exist';
    const watches = JSON.stringify({ 'my-watch': { health: 'lost', reason, lastFileAt: Date.now() - 3 * hour } });
    await reportAfter(
      `update service_state set instance = 'i', heartbeat_ms = 60000, last_heartbeat = ${Date.now()}, watches = '${watches}'`,
    );
    const stdout = Object.assign(new TextStream(), { isTTY: true, columns: 80 });
    await runCli(['status'], { cwd: directory(), stdout, env: { NO_COLOR: '1' } });
    const command = 'carbonation doctor';
    const lines = stdout.text.trimEnd().split('\n').slice(-5);
    expect(lines).toEqual([
      'watch     health  last file  reason',
      'my-watch  lost    3 h ago    /srv/the delivery directory of a watch/with a long…',
      '',
      'watch     what helps',
      `my-watch  ${command}`,
    ]);
    const piped = await runCli(['status'], { cwd: directory() });
    expect(piped.stdout).toMatch(/UTC \(3 h ago\) .* does not exist +carbonation doctor$/m);
  });

  it('advises commands that work where they are pasted', async () => {
    const { stdout } = await runCli(['status', '-c', `${directory()}/config.toml`], { cwd: '/' });
    expect(stdout).toMatch(new RegExp(`carbonation run --config ${directory()}/config\\.toml$`, 'm'));
    const inPlace = await runCli(['status'], { cwd: directory() });
    expect(inPlace.stdout).toMatch(/carbonation run$/m);
  });

  it('gives programs ISO times', async () => {
    await reportAfter(group('k', 'waiting', now));
    const { stdout } = await runCli(['status', '--format', 'json'], { cwd: directory() });
    expect(JSON.parse(stdout)).toMatchObject({ oldestIncomplete: { since: '2026-01-31T12:00:00.000Z' } });
  });

  it('takes no count of a watch for a time, whatever its name', async () => {
    await reportAfter(
      group('k', 'waiting', now),
      component('integrity_failed', now),
      "update files set watch_name = 'at'",
    );
    const { stdout } = await runCli(['status', '--format', 'json'], { cwd: directory() });
    expect(JSON.parse(stdout)).toMatchObject({ refusedGroups: { at: 1 } });
  });
});
