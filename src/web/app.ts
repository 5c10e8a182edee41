import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { retryGroups } from './act.ts';
import { csvOf, jsonOf } from '../api/export.ts';
import { readProjectStatus, type ProjectStatus } from '../api/health.ts';
import { inTime, type Clock } from '../core/clock.ts';
import { CarbonationError, toCarbonationError } from '../errors/index.ts';
import { withDatabaseSaid } from '../store/database/away.ts';
import { filePages } from '../store/read/file-pages.ts';
import type { FileQuery } from '../store/read/query.ts';
import { attention, attentionSection } from './attention.ts';
import { bodyOf, type Connection } from './body.ts';
import { Cached } from './cached.ts';
import { groupChart, groupReport, type GroupReader } from './group.ts';
import { needsToken, ownHost, refusal, withHeaders, type GuardOptions } from './guard.ts';
import { LiveHub } from './live.ts';
import type { Metrics } from './metrics.ts';
import { nowReport } from './now.ts';
import type { ObservedService } from './observed.ts';
import { noPage, unbuiltPage, type PageFile } from './page-files.ts';
import type { ShownProject } from './project.ts';
import type { Now, Refusal } from './protocol.ts';
import { rulesReport } from './rules-report.ts';
import { searchForm, searchPage, searchQuery } from './search.ts';
import type { GroupStore } from '../store/index.ts';

/** How long what is read of the database is good for at least, in ms. */
const freshMs = 1000;
/** How long the pages wait for the database until they are told that it keeps silent, in ms. */
const patienceMs = 10_000;
/** No request of ours has a body beyond this, in bytes. */
const largestBody = 65_536;

/** What the server shows, and whom it tells. */
export interface AppOptions extends GuardOptions {
  readonly store: GroupReader & Pick<GroupStore, 'markDue'>;
  /** As it is now: the rules may be exchanged. */
  readonly project: () => ShownProject;
  readonly service: ObservedService;
  readonly metrics: (status: () => Promise<ProjectStatus>) => Metrics;
  readonly version: string;
  readonly files: ReadonlyMap<string, PageFile>;
  /** Groups have been made due. */
  readonly lookNow: () => void;
  /** Told of what went wrong with a request through no fault of whoever made it. */
  readonly onError: (path: string, error: unknown) => void;
  /** ms since 1970. */
  readonly now: () => number;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
}

type Routes = Hono<{ readonly Bindings: Connection }>;

/** The server's answers, and the way to tell the pages that something has happened. */
export interface App {
  readonly fetch: (request: Request, connection?: Connection) => Response | Promise<Response>;
  readonly metrics: Metrics;
  /** Tells the pages that listen how things are, when that has changed. */
  readonly tell: () => Promise<void>;
}

/** Everything that is served. */
export function createApp(options: AppOptions): App {
  const shown = new Shown(options);
  const app: Routes = new Hono();
  app.use(withHeaders, ownHost(options));
  app.onError((error, context) => failure(context, error, options));
  probes(app, options);
  app.use('/metrics', needsToken(options));
  app.use(
    '/api/*',
    needsToken(options),
    bodyLimit({
      maxSize: largestBody,
      onError: (context) => context.json(refusal('TOO_LARGE', 'that is too much'), 413),
    }),
    (_, next) => shown.whileAlive(next()),
  );
  app.get('/metrics', async (context) =>
    context.text(await shown.metrics.text(), 200, { 'Content-Type': shown.metrics.contentType }),
  );
  views(app, options, shown);
  searches(app, options, shown);
  app.post('/api/retry', async (context) => {
    const order: unknown = await context.req.json().catch(() => null);
    const groups = await retryGroups(options.store, order, options.now());
    if (groups > 0) options.lookNow();
    return context.json({ groups });
  });
  app.all('/api/*', (context) => context.json(refusal('NOT_FOUND', 'there is nothing'), 404));
  page(app, options);
  app.notFound((context) => context.html(noPage, 404));
  return {
    fetch: (request, connection = {}) => app.fetch(request, connection),
    metrics: shown.metrics,
    tell: () => shown.tell(),
  };
}

/** What several requests share. */
class Shown {
  readonly hub: LiveHub;
  readonly metrics: Metrics;
  readonly #options: AppOptions;
  readonly #status: Cached<ProjectStatus>;
  #told = -1;
  #isTelling = false;

  constructor(options: AppOptions) {
    this.#options = options;
    this.hub = new LiveHub(options.clock);
    const { service, store, project, now } = options;
    // Of one that does nothing any more only the age of its heartbeat tells.
    const live = () => (service.stuck === null ? service.signs.watches : null);
    this.#status = new Cached(() => readProjectStatus(store.sql, project(), now(), live()), freshMs);
    this.metrics = options.metrics(() => this.#status.get());
  }

  /** @throws CarbonationError DATABASE_UNREACHABLE when the database keeps silent; what it answers later is there for who asks next */
  async status(): Promise<ProjectStatus> {
    const status = await inTime(this.#options.clock, patienceMs, this.#status.get());
    if (status !== null) return status;
    throw new CarbonationError('DATABASE_UNREACHABLE', `the database has not answered for ${patienceMs / 1000} s`);
  }

  /**
   * Waits for an answer as long as it takes: a search may. Whether the database answers at all is asked again and again meanwhile.
   *
   * @throws CarbonationError DATABASE_UNREACHABLE when it keeps silent
   */
  async whileAlive<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const isThere = answer.then(() => true);
    while ((await inTime(this.#options.clock, patienceMs, isThere)) === null)
      await Promise.race([isThere, this.status()]);
    return answer;
  }

  async now(): Promise<Now> {
    const { service, version, token } = this.#options;
    const { watches } = this.#options.project().config;
    return nowReport({ status: await this.status(), service, watches, version, canAct: token !== null });
  }

  async tell(): Promise<void> {
    const { changes } = this.#options.service;
    if (this.#isTelling || this.hub.isEmpty || (changes === this.#told && !this.hub.isQuiet)) return;
    this.#isTelling = true;
    this.#told = changes;
    try {
      this.hub.tell('now', JSON.stringify(await this.now()));
    } catch (error) {
      this.hub.tell('failure', JSON.stringify(plainError(error)));
      // That it answers again is news, too.
      this.#told = -1;
    }
    this.#isTelling = false;
  }
}

function probes(app: Routes, { service }: AppOptions): void {
  const answer = (context: Context, why: string | null, good: string) =>
    context.json(why === null ? { status: good } : { status: 'failing', reason: why }, why === null ? 200 : 503);
  app.get('/healthz', (context) => answer(context, service.stuck, 'alive'));
  app.get('/readyz', (context) => answer(context, service.unready, 'ready'));
}

function views(app: Routes, options: AppOptions, shown: Shown): void {
  const { store, project, now, onError } = options;
  const { sql } = store;
  app.get('/api/now', async (context) => context.json(await shown.now()));
  app.get('/api/events', async (context) => {
    const first = JSON.stringify(await shown.now());
    if (shown.hub.isFull) return context.json(refusal('BUSY', 'too many pages listen'), 503);
    const messages = shown.hub.listen(first, () => context.env.outgoing?.destroy());
    const body = bodyOf(messages, context.env, (error) => onError(context.req.path, error));
    return context.body(body, 200, { 'Content-Type': 'text/event-stream', 'Transfer-Encoding': 'chunked' });
  });
  const source = async () => {
    const { config, rules } = project();
    return { sql, status: await shown.status(), watches: config.watches, rules };
  };
  app.get('/api/attention', async (context) => context.json(await attention(await source())));
  app.get('/api/attention/:cause', async (context) => {
    const { watch = '', after } = context.req.query();
    return context.json(await attentionSection(await source(), context.req.param('cause'), watch, after ?? null));
  });
  app.get('/api/groups/:id{[0-9]{1,10}}', async (context) => {
    const report = await groupReport(store, project(), Number(context.req.param('id')), now());
    if (report !== null) return context.json(report);
    return context.json(refusal('NOT_FOUND', 'there is no such group'), 404);
  });
  app.get('/api/groups/:id{[0-9]{1,10}}/chart.svg', async (context) => {
    const svg = await groupChart(store, Number(context.req.param('id')));
    if (svg === null) return context.json(refusal('NOT_FOUND', 'there is no such group'), 404);
    return context.body(svg, 200, { 'Content-Type': 'image/svg+xml' });
  });
  app.get('/api/rules', async (context) => context.json(await rulesReport(sql, project())));
}

function searches(app: Routes, { store: { sql }, project, now, onError }: AppOptions, shown: Shown): void {
  const params = (context: Context): URLSearchParams => new URL(context.req.url).searchParams;
  const columns = () => project().plugin.fileModel.columns;
  app.get('/api/search/form', (context) =>
    context.json(
      searchForm(
        columns(),
        project().config.watches.map(({ name }) => name),
      ),
    ),
  );
  app.get('/api/search', async (context) => context.json(await searchPage(sql, columns(), params(context), now())));
  const formats = {
    csv: {
      write: (query: FileQuery) => csvOf(query.columns, filePages(sql, query)),
      type: 'text/csv; charset=utf-8',
    },
    json: { write: (query: FileQuery) => jsonOf(filePages(sql, query)), type: 'application/json' },
  };
  for (const [name, { write, type }] of Object.entries(formats)) {
    app.get(`/api/search.${name}`, (context) => {
      const query = searchQuery(params(context), columns(), now());
      const texts = write(query);
      // They are read when the answer has begun, which nobody waits for any more.
      const alive = { next: () => shown.whileAlive(texts.next()), return: () => texts.return() };
      const body = bodyOf(alive, context.env, (error) => onError(context.req.path, error));
      return context.body(body, 200, {
        'Content-Type': type,
        'Content-Disposition': `attachment; filename="groups.${name}"`,
      });
    });
  }
}

/** Views of the page that have a URL of their own. */
const pagePaths = ['/', '/attention', '/search', '/rules', '/groups/:id{[0-9]{1,10}}'];

function page(app: Routes, { files }: AppOptions): void {
  const start = files.get('/index.html');
  for (const path of pagePaths) {
    app.get(path, (context) => {
      if (start === undefined) return context.html(unbuiltPage, 503);
      return context.body(start.body, 200, { 'Content-Type': start.type });
    });
  }
  for (const [path, { type, body }] of files) {
    if (path === '/index.html') continue;
    // The build puts a hash of the content into the name.
    const caching = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    app.get(path, (context) => context.body(body, 200, { 'Content-Type': type, 'Cache-Control': caching }));
  }
}

function failure(context: Context, thrown: unknown, { onError }: AppOptions) {
  const error = toCarbonationError(withDatabaseSaid(thrown));
  if (error.code === 'USAGE') return context.json(plainError(error), 400);
  onError(context.req.path, thrown);
  return context.json(plainError(error), error.retryable ? 503 : 500);
}

function plainError(thrown: unknown): Refusal {
  const { code, message, remedy } = toCarbonationError(withDatabaseSaid(thrown));
  return { error: { code, message, remedy } };
}
