import { useEffect, useRef, useState } from 'preact/hooks';
import { storeToken } from './api.ts';
import { absolute, counted } from './format.ts';
import { LiveContext, useListening, type Live } from './live.ts';
import { Notices } from './notice.tsx';
import { Shell, Word } from './parts.tsx';
import { Link, scrollBack, usePlace, type Place } from './router.tsx';
import { Time } from './time.tsx';
import { TokenDialog, TokenForm } from './token.tsx';
import { AttentionView } from './views/attention.tsx';
import { GroupView } from './views/group.tsx';
import { NowView } from './views/now.tsx';
import { RulesView } from './views/rules.tsx';
import { SearchView } from './views/search.tsx';

const views = [
  { path: '/', name: 'Now' },
  { path: '/attention', name: 'Attention' },
  { path: '/search', name: 'Search' },
  { path: '/rules', name: 'Rules' },
] as const;

/** What the view at a path calls itself, once it knows. */
interface Named {
  readonly path: string;
  readonly name: string;
}

/** The whole page. */
export function App() {
  const [round, setRound] = useState(0);
  const live = useListening(round);
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const [named, setNamed] = useState<Named | null>(null);
  const waiting = live.now?.watches.reduce((sum, { attention }) => sum + attention, 0) ?? 0;

  useEffect(() => {
    // Who hears the page learns that another view is there; the first one is announced by the browser.
    if (!isFirst.current) main.current?.querySelector('h1')?.focus({ preventScroll: true });
    isFirst.current = false;
    return place.scrolled === 0 ? undefined : scrollBack(place.scrolled);
  }, [place.path]);
  useEffect(() => {
    const name = named?.path === place.path ? named.name : titleOf(place);
    document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${name} – carbonation`;
  }, [place.path, named, waiting]);

  const unlock = (token: string | null): void => {
    storeToken(token);
    // Also with the same one: the server may take it by now.
    setRound((before) => before + 1);
  };
  return (
    <LiveContext.Provider value={live}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header place={place} live={live} waiting={waiting} />
      <main id="main" ref={main}>
        {live.now?.service.areRulesRejected === true && <RejectedRules />}
        {live.connection === 'locked' ? (
          <TokenForm title="This page needs a token" reason={live.reason} onToken={unlock} />
        ) : (
          <Time>
            <View place={place} onNamed={setNamed} />
          </Time>
        )}
      </main>
      <Footer live={live} />
      <Notices />
      <TokenDialog />
    </LiveContext.Provider>
  );
}

/** Whatever view is shown: what is decided now is not decided by what the file says. */
function RejectedRules() {
  return (
    <div class="trouble" role="alert">
      <strong>rules.toml is invalid.</strong> The former rules stay in force until it is corrected; what is wrong with
      it:
      <Shell command="carbonation check config" />
    </div>
  );
}

function titleOf({ path }: Place): string {
  if (path.startsWith('/groups/')) return 'Group';
  return views.find((view) => view.path === path)?.name ?? 'Now';
}

interface ViewProps {
  readonly place: Place;
  readonly onNamed: (named: Named) => void;
}

function View({ place, onNamed }: ViewProps) {
  const { path, params } = place;
  if (path.startsWith('/groups/')) {
    return <GroupView id={path.slice('/groups/'.length)} onName={(name) => onNamed({ path, name })} />;
  }
  if (path === '/attention') return <AttentionView />;
  if (path === '/search') return <SearchView params={params} />;
  return path === '/rules' ? <RulesView /> : <NowView />;
}

interface HeaderProps {
  readonly place: Place;
  readonly live: Live;
  readonly waiting: number;
}

function Header({ place, live, waiting }: HeaderProps) {
  return (
    <header>
      <div class="bar">
        <Link to="/" class="brand">
          <img src="/icon.svg" alt="" width="22" height="22" />
          carbonation
        </Link>
        <nav aria-label="Views">
          {views.map(({ path, name }) => (
            <Link key={path} to={path} aria-current={place.path === path ? 'page' : undefined}>
              {name}
              {path === '/attention' && waiting > 0 && (
                <span class="badge">
                  {waiting > 999 ? '999+' : waiting}
                  <span class="hidden"> groups</span>
                </span>
              )}
            </Link>
          ))}
        </nav>
        <Connection live={live} />
      </div>
      <div class="hidden" role="status" aria-live="polite">
        {live.now !== null && <Heard waiting={waiting} />}
      </div>
    </header>
  );
}

/** How long what is read out stands, in ms: who hears the page is not to be told of each of the groups that come and go. */
const heardMs = 60_000;

/** How many groups need attention, for who hears the page; that there is one, or none any more, is told at once. */
function Heard({ waiting }: { readonly waiting: number }) {
  const [heard, setHeard] = useState(waiting);
  const heardAt = useRef(Date.now());
  useEffect(() => {
    if (waiting === heard) return undefined;
    const isUrgent = waiting === 0 || heard === 0;
    const timer = setTimeout(
      () => {
        heardAt.current = Date.now();
        setHeard(waiting);
      },
      isUrgent ? 0 : Math.max(0, heardAt.current + heardMs - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [waiting, heard]);
  return <>{heard === 0 ? 'No group needs attention' : `${counted(heard, 'group needs', 'groups need')} attention`}</>;
}

function Connection({ live }: { readonly live: Live }) {
  const { connection, now, reason } = live;
  const words = { connecting: 'connecting', live: 'live', lost: 'no connection', locked: 'locked' } as const;
  return (
    <span class={`connection ${connection}`} role="status" title={reason}>
      {connection === 'live' && now !== null && now.service.state !== 'running' ? (
        <Word name={now.service.state} />
      ) : (
        words[connection]
      )}
    </span>
  );
}

function Footer({ live: { now } }: { readonly live: Live }) {
  return (
    <footer>
      {now !== null && (
        <p>
          carbonation {now.service.version} on {now.service.host || 'this host'}
          {now.service.startedAt !== null && <>, since {absolute(now.service.startedAt)}</>}, rules{' '}
          {now.service.rulesVersion}
          {!now.canAct && (
            <>
              . It only shows: <code>[http] token_file</code> is not set
            </>
          )}
          .
        </p>
      )}
      <p>
        <a href="/metrics">Metrics</a> <a href="/healthz">Health</a> <a href="/readyz">Readiness</a>
      </p>
    </footer>
  );
}
