import { describe, expect, it } from 'vitest';

import { watchHealth } from '../../src/api/health.ts';
import type { WatchConfig } from '../../src/config/types.ts';
import type { StatusReport, WatchGroups, WatchReport } from '../../src/store/read/reports.ts';

const now = Date.UTC(2026, 0, 31, 12);
const minute = 60_000;
const watch = { name: 'my watch', path: '/srv/delivery' } as WatchConfig;
const expected = { timeoutMs: 60 * minute, reconcileIntervalMs: 24 * 60 * minute };

interface Given {
  readonly stale?: boolean;
  readonly instance?: string | null;
  readonly lastHeartbeat?: number | null;
  readonly mode?: string;
  readonly groups?: readonly (Pick<WatchGroups, 'state' | 'count'> & Partial<WatchGroups>)[];
  readonly seen?: Partial<WatchReport>;
  readonly refused?: number;
}

function health(given: Given) {
  const { stale = false, instance = 'i', lastHeartbeat = now, mode = 'run', groups = [], seen } = given;
  const report = {
    at: now,
    service: { stale, instance, lastHeartbeat, mode, heartbeatMs: minute },
    refusedGroups: { [watch.name]: given.refused ?? 0, other: 7 },
    watchGroups: groups.map((group) => ({ watchName: watch.name, oldestAt: now - minute, ...group })),
    watches:
      seen === undefined ? [] : [{ name: watch.name, health: 'watching', reason: null, lastFileAt: null, ...seen }],
  } as unknown as StatusReport;
  return watchHealth(report, watch, expected);
}

const list = (state: string) =>
  `carbonation query files --watch-name 'my watch' --state ${state} --columns group_key,created_at,reason`;
const waiting = { state: 'waiting', count: 2 };
const retrying = { state: 'retry_pending', count: 1 };
const failed = { state: 'failed', count: 3 };

describe('the health of a watch', () => {
  it.each<[Given, string, string | null, string | null]>([
    [{}, 'ok', null, null],
    [{ groups: [{ state: 'archived', count: 9 }] }, 'ok', null, null],
    [{ groups: [waiting] }, 'waiting', '2 groups waiting for more files', list('waiting')],
    [{ lastHeartbeat: now - 2 * minute }, 'ok', null, null],
    [
      { groups: [waiting], lastHeartbeat: now - 3 * minute },
      'scanning',
      "the service's last heartbeat was 3 min ago: it hangs, or the database cannot be written",
      'carbonation doctor',
    ],
    [
      { groups: [{ ...waiting, oldestAt: now - 61 * minute }] },
      'late',
      '2 groups waiting, the oldest for 61 min; 60 min is allowed',
      list('waiting'),
    ],
    [{ groups: [waiting, retrying] }, 'retrying', '1 group to be tried again', list('retry_pending')],
    [
      { groups: [retrying, failed] },
      'failing',
      '3 groups failed',
      "carbonation retry --watch-name 'my watch' --status failed --dry-run",
    ],
    [
      { groups: [waiting], refused: 1 },
      'failing',
      '1 group with files that failed the integrity checks',
      "carbonation retry --watch-name 'my watch' --status integrity_failed --dry-run",
    ],
    [
      { groups: [{ state: 'integrity_failed', count: 1 }], refused: 1 },
      'failing',
      '2 groups with files that failed the integrity checks',
      "carbonation retry --watch-name 'my watch' --status integrity_failed --dry-run",
    ],
    [
      { groups: [{ state: 'missing', count: 2 }], refused: 3 },
      'failing',
      '2 groups missing copies in the archive; 3 groups with files that failed the integrity checks',
      list('missing'),
    ],
    [
      { groups: [waiting, { state: 'timed_out', count: 1 }] },
      'late',
      '1 group given up as incomplete',
      list('timed_out'),
    ],
    [
      { groups: [failed], stale: true, lastHeartbeat: now - 10 * minute },
      'stale',
      "the service's last heartbeat was 10 min ago",
      'carbonation doctor',
    ],
    [
      { stale: true, lastHeartbeat: now + 48 * 60 * minute },
      'stale',
      "the service's last heartbeat was on a clock that was 2 d ahead",
      'carbonation doctor',
    ],
    [
      { stale: true, instance: null, mode: 'run --once', lastHeartbeat: now + 48 * 60 * minute },
      'stale',
      'no service runs, and the last `run --once` ended on a clock that was 2 d ahead',
      'carbonation run',
    ],
    [{ stale: true, instance: null }, 'stale', 'the service was stopped 0 s ago', 'carbonation run'],
    [{ stale: true, instance: null, lastHeartbeat: null }, 'stale', 'the service has never run', 'carbonation run'],
    [{ stale: true, instance: null, mode: 'run --once', lastHeartbeat: now - 20 * 60 * minute }, 'ok', null, null],
    [
      { groups: [failed], stale: true, instance: null, mode: 'run --once', lastHeartbeat: now - 20 * 60 * minute },
      'failing',
      '3 groups failed',
      "carbonation retry --watch-name 'my watch' --status failed --dry-run",
    ],
    [
      { stale: true, instance: null, mode: 'run --once', lastHeartbeat: now - 25 * 60 * minute },
      'stale',
      'no service runs, and the last `run --once` ended 1 d 1 h ago',
      'carbonation run',
    ],
    [
      { stale: true, instance: null, mode: 'run --once', seen: { health: 'lost', reason: 'ENOENT' } },
      'lost',
      'ENOENT',
      'carbonation doctor',
    ],
    [{ stale: true, instance: null, mode: 'reconcile', lastHeartbeat: now - 2 * minute }, 'ok', null, null],
    [
      { stale: true, instance: null, mode: 'reconcile PATHS', lastHeartbeat: now - 2 * minute },
      'stale',
      'no service runs, and the last `reconcile PATHS` ended 2 min ago',
      'carbonation run',
    ],
    [{ groups: [failed], seen: { health: 'lost', reason: 'ENOENT' } }, 'lost', 'ENOENT', 'carbonation doctor'],
    [
      { groups: [failed], seen: { health: 'lost', reason: '9 of 9 files are gone', isHeldBack: true } },
      'lost',
      '9 of 9 files are gone',
      "carbonation reconcile delivery --watch 'my watch' --dry-run",
    ],
    [
      { stale: true, seen: { health: 'lost', reason: 'ENOENT' } },
      'stale',
      "the service's last heartbeat was 0 s ago",
      'carbonation doctor',
    ],
  ])('of %j is %s', (given, word, reason, command) => {
    expect(health(given)).toMatchObject({ health: word, reason, command });
  });

  it('is not what another watch is', () => {
    expect(health({ groups: [{ ...failed, watchName: 'other' }] }).health).toBe('ok');
  });
});
