import { describe, expect, it, vi } from 'vitest';
import { PatientGroups } from '../../src/service/group/patient-groups.ts';
import type { Groups } from '../../src/service/types.ts';
import type { GroupWritten } from '../../src/store/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { groupRow } from '../support/rows.ts';
import { errorOf } from '../support/settler.ts';
import { collectLog } from '../support/project.ts';

/** Groups whose commits and reads fail as long as they are away. */
function bench() {
  const away = { commit: false, read: false };
  const groups: Pick<Groups, 'commit' | 'nextDeadline' | 'newestFileId'> = {
    commit: vi.fn<Groups['commit']>(() => (away.commit ? Promise.reject(errorOf('SQLITE_FULL')) : Promise.resolve([]))),
    nextDeadline: () => (away.read ? Promise.reject(errorOf('ECONNREFUSED')) : Promise.resolve(null)),
    newestFileId: vi.fn<Groups['newestFileId']>(() =>
      away.read ? Promise.reject(errorOf('ECONNREFUSED')) : Promise.resolve(1),
    ),
  };
  const clock = new FakeClock();
  const log = collectLog();
  const said = () => log.lines.map((line) => line.split(' ')[0]);
  // The other calls are not made here.
  return { away, groups, clock, log, said, patient: new PatientGroups(groups as Groups, clock, log) };
}

describe('a database that is away', () => {
  it('is said to be away once and back once, though reads are answered while commits fail', async () => {
    const { away, patient, clock, said } = bench();
    away.commit = true;
    const commit = patient.commit([]);
    for (let read = 0; read < 5; read += 1) {
      await patient.nextDeadline([], 0);
      await clock.advance(20_000);
    }
    expect(said()).toEqual(['ERROR']);
    away.commit = false;
    await clock.advance(20_000);
    expect(await commit).toEqual([]);
    expect(said()).toEqual(['ERROR', 'SUCCESS']);
  });

  it('tells that its server is back, but not that a full disk has room again', async () => {
    const { away, patient, clock } = bench();
    const told = vi.fn<() => void>();
    patient.onReturn = told;
    away.commit = true;
    const commit = patient.commit([]);
    await clock.advance(1000);
    away.commit = false;
    await clock.advance(20_000);
    await commit;
    expect(told).not.toHaveBeenCalled();
    away.read = true;
    const reads = Promise.all([patient.nextDeadline([], 0), patient.newestFileId()]);
    await clock.advance(1000);
    away.read = false;
    await clock.advance(20_000);
    await reads;
    expect(told).toHaveBeenCalledOnce();
  });

  it('tells that its server is back also where that was not the first that was said, and where another one answers at once', async () => {
    const { groups, patient, clock } = bench();
    const told = vi.fn<() => void>();
    patient.onReturn = told;
    vi.mocked(groups.newestFileId).mockRejectedValueOnce(errorOf('53300')).mockRejectedValueOnce(errorOf('08P01'));
    const read = patient.newestFileId();
    await clock.advance(20_000);
    await read;
    expect(told).toHaveBeenCalledTimes(1);
    vi.mocked(groups.commit).mockRejectedValueOnce(errorOf('ECONNRESET'));
    const commit = patient.commit([groupRow('a')]);
    await clock.advance(20_000);
    expect(await commit).toEqual([]);
    expect(told).toHaveBeenCalledTimes(2);
  });

  it('shows with its reason when work has waited for some seconds, until it is back', async () => {
    const { away, patient, clock } = bench();
    away.commit = true;
    const commit = patient.commit([]);
    await clock.advance(1000);
    expect(patient.awayReason, 'it may pass at once').toBe(null);
    await clock.advance(20_000);
    expect(patient.awayReason).toBe(errorOf('SQLITE_FULL').message);
    away.commit = false;
    await clock.advance(20_000);
    await commit;
    expect(patient.awayReason).toBe(null);
  });

  it('is back when the last of those who wait has its answer', async () => {
    const { away, patient, clock, said } = bench();
    Object.assign(away, { commit: true, read: true });
    const all = Promise.all([patient.commit([]), patient.nextDeadline([], 0)]);
    away.read = false;
    await clock.advance(60_000);
    expect(said()).toEqual(['ERROR']);
    away.commit = false;
    await clock.advance(60_000);
    await all;
    expect(said()).toEqual(['ERROR', 'SUCCESS']);
  });

  it('that refuses an amount is not asked for the same again, unless it is one group', async () => {
    const { groups, patient, clock } = bench();
    const limit = errorOf('57014');
    vi.mocked(groups.commit).mockRejectedValueOnce(limit);
    await expect(patient.commit([groupRow('a'), groupRow('b')])).rejects.toBe(limit);
    vi.mocked(groups.commit).mockRejectedValueOnce(limit);
    const commit = patient.commit([groupRow('a')]);
    await clock.advance(20_000);
    expect(await commit).toEqual([]);
  });

  it.each(['ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST'])(
    'that answers, but ends the connection over the same groups each time, has refused them: %s',
    async (code) => {
      const { groups, patient, clock, said } = bench();
      vi.mocked(groups.commit).mockImplementation((writes) =>
        writes.some(({ groupKey }) => groupKey === 'large') ? Promise.reject(errorOf(code)) : Promise.resolve([]),
      );
      for (const keys of [['a', 'large'], ['large']]) {
        const commit = patient.commit(keys.map((key) => groupRow(key))).catch((error: unknown) => error);
        await clock.advance(20_000);
        expect(await commit).toMatchObject({ code: 'RECORD_REFUSED' });
      }
      expect(said(), 'it has never been away').toEqual([]);
      expect(await patient.commit([groupRow('a')])).toEqual([]);
    },
  );

  it('that says that a group is more than it takes is believed at once', async () => {
    const { groups, patient } = bench();
    vi.mocked(groups.commit).mockRejectedValueOnce(errorOf('ER_NET_PACKET_TOO_LARGE'));
    await expect(patient.commit([groupRow('a')])).rejects.toMatchObject({ code: 'RECORD_REFUSED' });
    expect(groups.commit).toHaveBeenCalledTimes(1);
  });

  it('that now ends connections and now refuses them is said to be away once', async () => {
    const { groups, patient, clock, said } = bench();
    let tries = 0;
    const fail = () => {
      tries += 1;
      return Promise.reject(errorOf(tries % 2 === 0 ? 'ECONNREFUSED' : 'ECONNRESET'));
    };
    vi.mocked(groups.commit).mockImplementation(fail);
    vi.mocked(groups.newestFileId).mockImplementation(fail);
    const commit = patient.commit([groupRow('a'), groupRow('b')]);
    await clock.advance(600_000);
    expect([said(), tries > 20]).toEqual([['ERROR'], true]);
    vi.mocked(groups.commit).mockResolvedValue([]);
    vi.mocked(groups.newestFileId).mockResolvedValue(1);
    await clock.advance(20_000);
    expect(await commit).toEqual([]);
    expect(said()).toEqual(['ERROR', 'SUCCESS']);
  });

  it('is waited for, too, when the thread that commits has ended', async () => {
    const { groups, patient, clock, said } = bench();
    const ended = errorOf('THREAD_ENDED');
    vi.mocked(groups.commit).mockRejectedValueOnce(ended);
    const commit = patient.commit([]);
    await clock.advance(20_000);
    expect(await commit).toEqual([]);
    expect(said()).toEqual(['ERROR', 'SUCCESS']);
  });

  it('that keeps silent is said to, once, and nothing is asked again meanwhile', async () => {
    const { groups, patient, clock, log, said } = bench();
    const { promise, resolve } = Promise.withResolvers<readonly GroupWritten[]>();
    vi.mocked(groups.commit).mockReturnValue(promise);
    const commits = Promise.all([patient.commit([]), patient.commit([])]);
    await clock.advance(29_000);
    expect(said()).toEqual([]);
    await clock.advance(600_000);
    expect(log.lines.filter((line) => line.includes('keeps silent'))).toHaveLength(1);
    expect(groups.commit).toHaveBeenCalledTimes(2);
    expect(patient.lastAway).toBe(-Infinity);
    resolve([]);
    await commits;
    expect(said()).toEqual(['ERROR', 'INFO']);
  });

  it('tells when it was last found to be away, however long that is', async () => {
    const { away, patient, clock } = bench();
    away.commit = true;
    const commit = patient.commit([]);
    await clock.advance(3_600_000);
    expect(clock.monotonic() - patient.lastAway).toBeLessThanOrEqual(10_000);
    away.commit = false;
    await clock.advance(20_000);
    await commit;
    expect(clock.monotonic() - patient.lastAway).toBeGreaterThanOrEqual(10_000);
  });

  it('is waited for no longer once the service stops', async () => {
    const { away, patient, clock } = bench();
    away.commit = true;
    const commit = patient.commit([]).catch((error: unknown) => error);
    await clock.advance(50);
    patient.close();
    await clock.advance(1000);
    expect(await commit).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  });
});
