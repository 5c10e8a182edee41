import type { Config, WatchConfig } from '../../src/config/types.ts';
import { systemClock } from '../../src/core/index.ts';
import type { FileModel } from '../../src/plugin/index.ts';
import { parseRules } from '../../src/rules/load.ts';
import type { VitalSigns } from '../../src/service/serve.ts';
import type { GroupStore } from '../../src/store/index.ts';
import { createApp, type App, type AppOptions } from '../../src/web/app.ts';
import type { ServicePulse } from '../../src/web/messages.ts';
import { Metrics } from '../../src/web/metrics.ts';
import { ObservedService } from '../../src/web/observed.ts';
import { moment } from './rows.ts';

/** The server's answers without a thread and without a port. */
export interface TestApp {
  readonly app: App;
  readonly service: ObservedService;
  /** How often the service was asked to look for what is due. */
  readonly looks: () => number;
  /** Paths of requests that failed through no fault of whoever made them. */
  readonly failed: readonly string[];
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

const rules = `[r]
[r.completeness]
expected_extensions = [".txt"]
timeout_minutes = 60
[[r.selection]]
has_keys = ["a_word"]
[[r.routing]]
match = "*.json"
archive = "main"
`;

/** A pulse of a service that is well, with changes. */
export function pulseOf(signs: Partial<VitalSigns> = {}, counts: ServicePulse['counts'] = null): ServicePulse {
  return {
    signs: {
      at: moment,
      queueDepth: 0,
      workersActive: 0,
      rulesVersion: 'abc',
      watches: {
        w: { health: 'watching', reason: null, lastFileAt: moment, isHeldBack: false, ungrouped: null, stuck: null },
      },
      isReady: true,
      isStopping: false,
      rulesRejected: false,
      sinceLookMs: 10,
      stuckAfterMs: 60_000,
      queue: { settling: 0, arriving: 0, queued: 0, active: 0, unwritten: 0 },
      ...signs,
    },
    loop: { mean: 0, p99: 0.001, max: 0.002 },
    counts,
  };
}

/** Answers over a store; `columns` are those of the plugin that it was opened with. */
export function testApp(
  store: GroupStore,
  columns: FileModel['columns'],
  options: Partial<Pick<AppOptions, 'host' | 'token' | 'files' | 'clock'>> & { readonly pulse?: ServicePulse } = {},
): TestApp {
  const { host = '127.0.0.1', token = null, files = new Map(), clock = systemClock, pulse = pulseOf() } = options;
  const service = new ObservedService(pulse);
  let looks = 0;
  const failed: string[] = [];
  const found = parseRules(rules, 'rules.toml').rules;
  if (found === null) throw new Error('the rules of the test are wrong');
  const watches = ['w', 'other'].map((name) => ({ name, path: `/delivery/${name}`, rules: 'r' }) as WatchConfig);
  const project = {
    config: { watches, archives: [], rulesPath: '/rules.toml', service: { pollIntervalMs: 5000 } } as unknown as Config,
    rules: found,
    plugin: { fileModel: { columns } },
  } as unknown as ReturnType<AppOptions['project']>;
  const app = createApp({
    host,
    token,
    store,
    project: () => project,
    service,
    metrics: (status) => new Metrics(service, '1.2.3', status),
    version: '1.2.3',
    files,
    lookNow: () => {
      looks += 1;
    },
    onError: (path) => failed.push(path),
    now: () => moment,
    clock,
  });
  const send = async (path: string, init: RequestInit & { headers: Record<string, string> }) =>
    app.fetch(new Request(`http://${host}${path}`, { ...init, headers: { host: `${host}:9464`, ...init.headers } }));
  return {
    app,
    service,
    looks: () => looks,
    failed,
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, body, headers = {}) =>
      send(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
  };
}
