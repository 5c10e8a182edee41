import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { inTime, systemClock } from '../core/clock.ts';
import type { ProjectStatus } from '../api/health.ts';
import type { VitalSigns } from '../service/serve.ts';
import { countedFailures, type StepCounts } from './counts.ts';
import type { ObservedService } from './observed.ts';

/** Stages take from a millisecond to the hours of a large file; waits take days. */
const stageBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 3600, 21_600, 86_400];
const lagBuckets = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400];

/** How long the database may take, in ms: Prometheus waits for ten seconds, and then has none of the metrics. */
const patienceMs = 5000;

/** What `/metrics` shows: docs/metrics.md says what each of them means. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #transitions = this.#counter('transitions_total', 'Steps of groups from one state to the next.', [
    'from',
    'to',
  ]);
  readonly #files = this.#counter('archived_files_total', 'Files copied, moved or linked into an archive.', ['watch']);
  readonly #bytes = this.#counter('archived_bytes_total', 'Bytes copied, moved or linked into an archive.', ['watch']);
  readonly #retries = this.#counter('retries_total', 'Groups that were put back to be tried again.', ['watch']);
  readonly #failures = this.#counter('failures_total', 'Groups that came into a state that a person should look at.', [
    'watch',
    'state',
  ]);
  readonly #stages = new Histogram({
    name: 'carbonation_stage_duration_seconds',
    help: 'How long groups were in a state that they have left.',
    labelNames: ['stage'],
    buckets: stageBuckets,
    registers: [this.#registry],
  });
  readonly #lags = new Histogram({
    name: 'carbonation_archive_lag_seconds',
    help: 'From the last byte of a group in delivery to its last file in the archive.',
    labelNames: ['watch'],
    buckets: lagBuckets,
    registers: [this.#registry],
  });
  readonly #service: ObservedService;
  readonly #version: string;
  readonly #status: () => Promise<ProjectStatus>;

  /** @param status - reads the database; what it throws is shown as a database that is down */
  constructor(service: ObservedService, version: string, status: () => Promise<ProjectStatus>) {
    this.#service = service;
    this.#version = version;
    this.#status = status;
    this.#serviceGauges();
    this.#watchGauges();
    this.#databaseGauges();
    this.#processMetrics();
    this.#countFromZero();
  }

  /** What has not happened yet counts as 0: of a counter that begins with 1 Prometheus sees no increase. */
  #countFromZero(): void {
    for (const watch of Object.keys(this.#service.signs.watches)) {
      for (const counter of [this.#files, this.#bytes, this.#retries]) counter.inc({ watch }, 0);
      for (const state of countedFailures) this.#failures.inc({ watch, state }, 0);
    }
  }

  note(counts: StepCounts): void {
    for (const { from, to, count } of counts.transitions) this.#transitions.inc({ from, to }, count);
    for (const [stage, seconds] of Object.entries(counts.held)) {
      for (const one of seconds) this.#stages.observe({ stage }, one);
    }
    for (const [watch, { files, bytes, retries, failures, lags }] of Object.entries(counts.watches)) {
      this.#files.inc({ watch }, files);
      this.#bytes.inc({ watch }, bytes);
      this.#retries.inc({ watch }, retries);
      for (const [state, count] of Object.entries(failures)) this.#failures.inc({ watch, state }, count);
      for (const lag of lags) this.#lags.observe({ watch }, lag);
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #serviceGauges(): void {
    const service = this.#service;
    const since = this.#gauge('start_time_seconds', 'When the service started, in seconds since 1970.');
    since.set(service.startedAt / 1000);
    this.#gauge('build_info', 'The version that runs.', ['version']).set({ version: this.#version }, 1);
    this.#read('ready', 'Whether the first reconciliation is over and the service is not stopping.', (gauge) => {
      gauge.set(service.unready === null ? 1 : 0);
    });
    this.#read(
      'progressing',
      'Whether the service makes progress; /healthz and the systemd watchdog follow it.',
      (gauge) => {
        gauge.set(service.stuck === null ? 1 : 0);
      },
    );
    this.#read(
      'queue_depth',
      'Files and groups that wait or are worked on, by place.',
      (gauge) => {
        for (const [place, depth] of Object.entries(service.signs.queue)) gauge.set({ place }, depth);
      },
      ['place'],
    );
    this.#read(
      'rules_rejected',
      'Whether rules.toml is invalid now, so that the former rules stay in force.',
      (gauge) => {
        gauge.set(service.signs.rulesRejected ? 1 : 0);
      },
    );
    this.#read(
      'rules_info',
      'The version of the rules in force.',
      (gauge) => {
        gauge.reset();
        gauge.set({ version: service.signs.rulesVersion }, 1);
      },
      ['version'],
    );
    this.#read(
      'event_loop_delay_seconds',
      'How late the main thread of the service was within the last second.',
      (gauge) => {
        for (const [kind, delay] of Object.entries(service.loop)) gauge.set({ kind }, delay);
      },
      ['kind'],
    );
  }

  /** What the service says of each watch. */
  #watchGauges(): void {
    this.#ofWatches('watch_up', 'Whether the delivery directory of a watch can be read.', ({ health }) =>
      health === 'lost' ? 0 : 1,
    );
    this.#ofWatches(
      'watch_listening',
      'Whether files of a watch are found by their events and worked on at once.',
      ({ health }) => (health === 'watching' ? 1 : 0),
    );
    this.#ofWatches(
      'watch_last_file_timestamp_seconds',
      'When the last file of a watch came, in seconds since 1970.',
      ({ lastFileAt }) => (lastFileAt === null ? null : lastFileAt / 1000),
    );
    this.#ofWatches(
      'stuck_groups',
      'Groups that cannot go on: they cannot be recorded or resumed, or their archive does not answer.',
      ({ stuck }) => stuck?.groups ?? 0,
    );
    this.#ofWatches(
      'ungrouped_files',
      "Files in no group, since the plugin's grouping function fails for them.",
      ({ ungrouped }) => ungrouped?.files ?? 0,
    );
  }

  /** @param valueOf - null: there is none */
  #ofWatches(name: string, help: string, valueOf: (watch: VitalSigns['watches'][string]) => number | null): void {
    this.#read(
      name,
      help,
      (gauge) => {
        for (const [watch, seen] of Object.entries(this.#service.signs.watches)) {
          const value = valueOf(seen);
          if (value !== null) gauge.set({ watch }, value);
        }
      },
      ['watch'],
    );
  }

  /** What is counted in the database. */
  #databaseGauges(): void {
    const status = (): Promise<ProjectStatus | null> =>
      inTime(systemClock, patienceMs, this.#status()).catch(() => null);
    this.#read('database_up', 'Whether the database answers.', async (gauge) => {
      gauge.set((await status()) === null ? 0 : 1);
    });
    this.#read(
      'groups',
      'Groups by watch and state.',
      async (gauge) => {
        const groups = (await status())?.watchGroups ?? [];
        gauge.reset();
        for (const { watchName, state, count } of groups) gauge.set({ watch: watchName, state }, count);
      },
      ['watch', 'state'],
    );
    this.#read(
      'oldest_group_timestamp_seconds',
      'When the oldest group in a state began, in seconds since 1970.',
      async (gauge) => {
        const groups = (await status())?.watchGroups ?? [];
        gauge.reset();
        for (const { watchName, state, oldestAt } of groups) {
          if (oldestAt !== null) gauge.set({ watch: watchName, state }, oldestAt / 1000);
        }
      },
      ['watch', 'state'],
    );
    for (const what of ['count', 'bytes'] as const) {
      const [name, things] = what === 'count' ? ['files', 'Files'] : ['bytes', 'Bytes'];
      this.#read(
        name,
        `${things} in the delivery directories and in the archives.`,
        async (gauge) => {
          const found = await status();
          gauge.reset();
          for (const place of ['delivery', 'archive'] as const)
            if (found !== null) gauge.set({ place }, found[place][what]);
        },
        ['place'],
      );
    }
  }

  /** Of the whole process, threads included. */
  #processMetrics(): void {
    const cpu = new Counter({
      name: 'process_cpu_seconds_total',
      help: 'CPU time of the process, in seconds.',
      registers: [this.#registry],
      collect() {
        const { user, system } = process.cpuUsage();
        cpu.reset();
        cpu.inc((user + system) / 1e6);
      },
    });
    const memory = new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Memory of the process, in bytes.',
      registers: [this.#registry],
      collect() {
        memory.set(process.memoryUsage.rss());
      },
    });
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `carbonation_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name: `carbonation_${name}`, help, labelNames, registers: [this.#registry] });
  }

  /** A gauge that is set when somebody looks. */
  #read(name: string, help: string, set: (gauge: Gauge) => void | Promise<void>, labelNames: string[] = []): void {
    const gauge: Gauge = new Gauge({
      name: `carbonation_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => set(gauge),
    });
  }
}
