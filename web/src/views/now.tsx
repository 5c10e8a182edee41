import type { Now, WatchNow } from '../../../src/web/protocol.ts';
import { bytes, counted, number, words } from '../format.ts';
import { useLive } from '../live.ts';
import { Empty, Heading, Moment, Printed, Quoted, Seconds, Shell, Sparkline, Trouble, Word } from '../parts.tsx';
import { Link } from '../router.tsx';

/** How every watch is doing. */
export function NowView() {
  const { now, connection, reason } = useLive();
  return (
    <>
      <Heading aside={now !== null && <Totals now={now} />}>Now</Heading>
      {connection === 'lost' && <Trouble error={new Error(reason)} />}
      {now === null && connection === 'connecting' && <Empty>Asking the service…</Empty>}
      {now !== null && <Watches watches={now.watches} />}
    </>
  );
}

function Totals({ now: { service, delivery, archive, watches } }: { readonly now: Now }) {
  const facts: readonly (readonly [string, string, string])[] = [
    ['Watches', number(watches.length), healthOf(watches)],
    [
      'Queue',
      number(service.queueDepth),
      service.active === 0 ? 'idle' : counted(service.active, 'group active', 'groups active'),
    ],
    ['In delivery', counted(delivery.count, 'file'), bytes(delivery.bytes)],
    ['Archived', counted(archive.count, 'file'), bytes(archive.bytes)],
  ];
  return (
    <dl class="totals">
      {facts.map(([name, value, more]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value} <span class="quiet-text">{more}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What is not well, the worst first. */
function healthOf(watches: readonly WatchNow[]): string {
  const counts = new Map<string, number>();
  for (const { health } of watches) if (health !== 'ok') counts.set(health, (counts.get(health) ?? 0) + 1);
  if (watches.length > 0 && counts.size === 0) return 'all ok';
  return [...counts].map(([health, count]) => `${number(count)} ${words(health)}`).join(', ');
}

const heads = ['Watch', 'Health', 'Last arrival', 'Open', 'Oldest', 'Lag', 'Archived in the last hour'] as const;

function Watches({ watches }: { readonly watches: readonly WatchNow[] }) {
  if (watches.length === 0) return <Empty>Nothing is watched: config.toml has no [[watch]].</Empty>;
  return (
    <table class="cards watches">
      <caption class="hidden">Watches, the worst first</caption>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col" class={head === 'Open' ? 'number' : ''}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {watches.map((watch) => (
          <Watch key={watch.name} watch={watch} />
        ))}
      </tbody>
    </table>
  );
}

function Watch({ watch }: { readonly watch: WatchNow }) {
  const { name, path, health, reason, command, lastFileAt, open, oldestAt, lagSeconds, perMinute, attention } = watch;
  const search = `/search?watch_name=${encodeURIComponent(name)}`;
  return (
    <tr>
      <th scope="row">
        <Link to={search}>{name}</Link>
        <span class="path" title={path}>
          <Printed text={path} />
        </span>
      </th>
      <td data-head="Health" class="wide">
        <Word name={health} />{' '}
        {attention > 0 || health === 'late' ? (
          <Link to="/attention">{reason === null ? counted(attention, 'group') : <Quoted text={reason} />}</Link>
        ) : (
          <span class="quiet-text">{reason !== null && <Quoted text={reason} />}</span>
        )}
        {command !== null && (health === 'lost' || health === 'stale') && <Shell command={command} />}
      </td>
      <td data-head="Last arrival">
        <Moment at={lastFileAt} none="none yet" />
      </td>
      <td data-head="Open" class="number">
        {number(open)}
      </td>
      <td data-head="Oldest" class={oldestAt === null ? 'absent' : ''}>
        <Moment at={oldestAt} />
      </td>
      <td data-head="Lag" class={lagSeconds === null ? 'absent' : 'short'}>
        <Seconds value={lagSeconds} />
      </td>
      <td data-head="Archived in the last hour" class="wide titled">
        <Sparkline perMinute={perMinute} />
      </td>
    </tr>
  );
}
