import { openStates } from '../../machines/file-group/index.ts';
import { countOf, type ProjectStatus, type WatchHealth } from '../api/health.ts';
import type { WatchConfig } from '../config/types.ts';
import { attentionStates } from './attention.ts';
import type { ObservedService } from './observed.ts';
import type { Now, WatchNow } from './protocol.ts';

/** What the view "Now" is made from. */
export interface NowSource {
  readonly status: ProjectStatus;
  readonly service: ObservedService;
  readonly watches: readonly WatchConfig[];
  readonly version: string;
  readonly canAct: boolean;
}

/** One line a watch, the worst first. */
export function nowReport({ status, service, watches, version, canAct }: NowSource): Now {
  const { signs } = service;
  return {
    at: signs.at,
    service: {
      state: stateOf(service),
      version,
      host: status.service.host ?? '',
      startedAt: status.service.startedAt,
      rulesVersion: signs.rulesVersion,
      areRulesRejected: signs.rulesRejected,
      queueDepth: signs.queueDepth,
      active: signs.workersActive,
    },
    canAct,
    delivery: status.delivery,
    archive: status.archive,
    watches: status.health.flatMap((health) => {
      const watch = watches.find(({ name }) => name === health.name);
      return watch === undefined ? [] : [watchNow(health, watch, status, service)];
    }),
  };
}

function stateOf(service: ObservedService): Now['service']['state'] {
  if (service.stuck !== null) return 'stuck';
  if (service.signs.isStopping) return 'stopping';
  return service.signs.isReady ? 'running' : 'starting';
}

function watchNow(
  health: WatchHealth,
  { name, path }: WatchConfig,
  status: ProjectStatus,
  service: ObservedService,
): WatchNow {
  const count = (states: ReadonlySet<string>): number =>
    [...states].reduce((sum, state) => sum + countOf(status, name, state), 0);
  const oldest = status.watchGroups.flatMap(({ watchName, state, oldestAt }) =>
    watchName === name && openStates.has(state) && oldestAt !== null ? [oldestAt] : [],
  );
  return {
    name,
    path,
    health: health.health,
    reason: health.reason,
    command: health.command,
    lastFileAt: service.signs.watches[name]?.lastFileAt ?? health.lastFileAt,
    open: count(openStates),
    oldestAt: oldest.length === 0 ? null : Math.min(...oldest),
    attention: count(attentionStates),
    lagSeconds: service.throughput.lag(name),
    perMinute: service.throughput.perMinute(name, service.signs.at),
  };
}
