import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../../errors/index.ts';
import type { RecordedHolder, ServiceHolder } from '../../store/index.ts';

/** Heartbeats missed until a process on another host counts as gone. */
const missedBeats = 5;

function read(run: () => string): string {
  try {
    return run().trim();
  } catch {
    // Not Linux, or /proc is hidden: the other marks must do.
    return '';
  }
}

/** When a process was started, in clock ticks since boot (proc(5), field 22 of `stat`); empty where unknown. */
function startOf(pid: number | 'self'): string {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The second field is the command in parentheses and may hold spaces.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** This process, as others will see it. The start time in `instance` tells it from a later one with the same pid. */
export function thisHolder(instance: string, mode: string): ServiceHolder {
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const namespace = read(() => readlinkSync('/proc/self/ns/pid'));
  return {
    instance: `${instance}-${startOf('self')}`,
    host: hostname(),
    bootId: `${boot} ${namespace}`,
    pid: process.pid,
    mode,
  };
}

/** Whether a recorded process still runs, as far as this one can tell. */
export function isHolderAlive(recorded: RecordedHolder, own: ServiceHolder, now: number): boolean {
  // A heartbeat that is to come was of a clock that has been set back since: it says as little of now as one of long ago.
  if (recorded.host !== own.host) return Math.abs(now - recorded.lastHeartbeat) < missedBeats * recorded.heartbeatMs;
  // The same host after a restart: nothing of the former boot runs.
  if (recorded.bootId !== own.bootId) return false;
  const started = recorded.instance.split('-')[1] ?? '';
  return processExists(recorded.pid) && startOf(recorded.pid) === started;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
