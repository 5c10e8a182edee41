import { useId } from 'preact/hooks';
import { printable } from '../../../src/core/printable.ts';
import type { Attention, AttentionSection, GroupLine } from '../../../src/web/protocol.ts';
import { RetryButton } from '../actions.tsx';
import { useFurtherPages, useReading } from '../data.ts';
import { counted, number, words } from '../format.ts';
import { useLive } from '../live.ts';
import { Empty, Heading, Moment, MoreButton, Printed, Quoted, Shell, Trouble, Word } from '../parts.tsx';
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
  const { cause, watchName, count, meaning, advice, actions, command } = section;
  const { now } = useLive();
  // A name may have spaces, which would end an id.
  const id = useId();
  const further = useFurtherPages(
    section,
    (after) => `/api/attention/${cause}?watch=${encodeURIComponent(watchName)}&after=${after}`,
  );
  const all = [section, ...further.pages].flatMap((page) => page.groups);
  const shown = [...new Map(all.map((group) => [group.id, group])).values()];
  const canRetry = actions.includes('retry');
  return (
    <section aria-labelledby={id} class="card">
      <div class="section-head">
        <h2 id={id}>
          <Word name={cause} /> <bdi>{watchName}</bdi>{' '}
          {count !== null && <span class="count">{counted(count, 'group')}</span>}
        </h2>
        {canRetry && (
          <RetryButton
            order={{ state: cause, watchName }}
            label={count === 1 ? 'Retry' : `Retry all ${count === null ? '' : number(count)}`}
            what={`${words(cause)} of ${watchName}`}
            onDone={again}
          />
        )}
      </div>
      <p class="quiet-text">
        <Quoted text={`${meaning} ${advice}`} />
        {canRetry && now?.canAct === false && command !== null && <Shell command={command} />}
      </p>
      <Groups section={section} groups={shown} again={again} />
      {further.hasMore && <MoreButton readOn={further.readOn} />}
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
      <caption class="hidden">{`${words(cause)} groups of ${watchName}, the oldest first`}</caption>
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
              <Link to={`/groups/${group.id}`}>
                <Printed text={group.groupKey} />
              </Link>
            </th>
            <td data-head="Reason" class="reason">
              <Printed text={group.reason ?? '–'} />
            </td>
            <td data-head="Since" class="short">
              <Moment at={cause === 'late' ? group.createdAt : group.stateSince} />
            </td>
            <td data-head="Tries" class="number">
              {group.attempt}
            </td>
            {canAct && (
              <td class="short">
                <RetryButton
                  order={{ ids: [group.id] }}
                  label="Retry"
                  what={printable(group.groupKey)}
                  onDone={again}
                />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
