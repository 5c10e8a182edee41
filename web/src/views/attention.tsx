import { useId, useState } from 'preact/hooks';
import type { Attention, AttentionSection, GroupLine } from '../../../src/web/protocol.ts';
import { RetryButton } from '../actions.tsx';
import { get } from '../api.ts';
import { useReading } from '../data.ts';
import { counted, number } from '../format.ts';
import { useLive } from '../live.ts';
import { Empty, Heading, Moment, Quoted, Shell, Trouble, Word } from '../parts.tsx';
import { Link } from '../router.tsx';

/** Every group that needs a person, by watch and cause. */
export function AttentionView() {
  const { answer, error, again } = useReading<Attention>('/api/attention');
  return (
    <>
      <Heading>Attention</Heading>
      {error !== null && <Trouble error={error} />}
      {answer === null && error === null && <Empty>Asking the service…</Empty>}
      {answer?.sections.length === 0 && <Empty>No group needs a person.</Empty>}
      {answer?.sections.map((section) => (
        <Section key={`${section.cause} ${section.watchName}`} section={section} again={again} />
      ))}
    </>
  );
}

interface SectionProps {
  readonly section: AttentionSection;
  readonly again: () => void;
}

function Section({ section, again }: SectionProps) {
  const { cause, watchName, count, meaning, advice, actions, command, groups } = section;
  const { now } = useLive();
  const [more, setMore] = useState<{ readonly groups: readonly GroupLine[]; readonly next: string | null } | null>(
    null,
  );
  const known = new Set(groups.map(({ id }) => id));
  const shown = [...groups, ...(more?.groups.filter(({ id }) => !known.has(id)) ?? [])];
  const next = more === null ? section.next : more.next;
  const readOn = async (after: string): Promise<void> => {
    const page = await get<AttentionSection>(
      `/api/attention/${cause}?watch=${encodeURIComponent(watchName)}&after=${after}`,
    );
    setMore({ groups: [...(more?.groups ?? []), ...page.groups], next: page.next });
  };
  // A name may have spaces, which would end an id.
  const id = useId();
  const canRetry = actions.includes('retry');
  return (
    <section aria-labelledby={id} class="card">
      <div class="section-head">
        <h2 id={id}>
          <Word name={cause} /> {watchName}
          {count !== null && <span class="count">{counted(count, 'group')}</span>}
        </h2>
        {canRetry && (
          <RetryButton
            order={{ state: cause, watchName }}
            label={count === 1 ? 'Retry' : `Retry all ${count === null ? '' : number(count)}`}
            what={`${cause} of ${watchName}`}
            onDone={again}
          />
        )}
      </div>
      <p class="quiet-text">
        <Quoted text={`${meaning} ${advice}`} />
        {canRetry && now?.canAct === false && command !== null && <Shell command={command} />}
      </p>
      <Groups section={section} groups={shown} again={again} />
      {next !== null && (
        <button type="button" class="more" onClick={() => void readOn(next)}>
          More of them
        </button>
      )}
    </section>
  );
}

interface GroupsProps extends SectionProps {
  readonly groups: readonly GroupLine[];
}

function Groups({ section: { cause, watchName, actions }, groups, again }: GroupsProps) {
  const { now } = useLive();
  const canAct = actions.includes('retry') && now?.canAct === true;
  return (
    <table class="cards attention">
      <caption class="hidden">{`${cause} groups of ${watchName}, the oldest first`}</caption>
      <thead>
        <tr>
          <th scope="col">Group</th>
          <th scope="col">Reason</th>
          <th scope="col">Since</th>
          <th scope="col" class="number">
            Tries
          </th>
          {canAct && (
            <th scope="col">
              <span class="hidden">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <tr key={group.id}>
            <th scope="row">
              <Link to={`/groups/${group.id}`}>{group.groupKey}</Link>
            </th>
            <td data-head="Reason" class="reason">
              {group.reason ?? '–'}
            </td>
            <td data-head="Since" class="short">
              <Moment at={cause === 'late' ? group.createdAt : group.stateSince} />
            </td>
            <td data-head="Tries" class="number">
              {group.attempt}
            </td>
            {canAct && (
              <td class="short">
                <RetryButton order={{ ids: [group.id] }} label="Retry" what={group.groupKey} onDone={again} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
