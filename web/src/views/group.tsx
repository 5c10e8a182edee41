import { useEffect, useRef } from 'preact/hooks';
import { printable } from '../../../src/core/printable.ts';
import type { ComponentLine, GroupReport, StepLine, VerdictLine } from '../../../src/web/protocol.ts';
import { RetryButton } from '../actions.tsx';
import { getText } from '../api.ts';
import { useReading } from '../data.ts';
import { absolute, bytes, cellText, duration, words } from '../format.ts';
import { Empty, Heading, Moment, Printed, Quoted, Shell, Since, Trouble, Word } from '../parts.tsx';
import { Link } from '../router.tsx';

interface GroupProps {
  readonly id: string;
  /** Told what the group is called. */
  readonly onName: (name: string) => void;
}

/** Everything about one group. */
export function GroupView({ id, onName }: GroupProps) {
  const { answer, error, again } = useReading<GroupReport>(`/api/groups/${encodeURIComponent(id)}`);
  useEffect(() => {
    if (answer !== null) onName(printable(answer.groupKey));
  }, [answer?.groupKey, id]);
  return (
    <>
      <Heading aside={answer !== null && <Summary group={answer} again={again} />}>
        {answer === null ? (
          'Group'
        ) : (
          <span class="key">
            <Printed text={answer.groupKey} />
          </span>
        )}
      </Heading>
      {error !== null && <Trouble error={error} />}
      {answer === null && error === null && <Empty>Asking the service…</Empty>}
      {answer !== null && (
        <>
          <Why group={answer} />
          <Components group={answer} />
          <Verdicts group={answer} />
          <Chart id={answer.id} step={answer.steps[0]?.id ?? 0} />
          <Timeline group={answer} />
          <Metadata group={answer} />
        </>
      )}
    </>
  );
}

function Summary({ group, again }: { readonly group: GroupReport; readonly again: () => void }) {
  return (
    <div class="summary">
      <span>
        <Word name={group.state} />{' '}
        <span class="quiet-text">
          <Since at={group.stateSince} />
        </span>
      </span>
      <span class="quiet-text">
        watch <Link to={`/search?watch_name=${encodeURIComponent(group.watchName)}`}>{group.watchName}</Link>
      </span>
      {group.dueAt !== null && (
        <span class="quiet-text">
          next deadline <Moment at={group.dueAt} />
        </span>
      )}
      {group.actions.includes('retry') && (
        <RetryButton order={{ ids: [group.id] }} label="Retry" what={printable(group.groupKey)} onDone={again} />
      )}
    </div>
  );
}

function Why({ group }: { readonly group: GroupReport }) {
  return (
    <section class="card" aria-labelledby="why">
      <h2 id="why">Why it is here</h2>
      <p>
        <Printed text={[group.where, ...group.because].join(' ')} />
      </p>
      {group.waitsFor !== null && (
        <p>
          It waits for <Printed text={group.waitsFor.what} />
          {group.waitsFor.until !== null && (
            <>
              , {group.waitsFor.until > group.at ? 'until' : 'overdue since'} {absolute(group.waitsFor.until)} (
              <Moment at={group.waitsFor.until} />)
            </>
          )}
          {group.waitsFor.after !== null && <>: then {group.waitsFor.after}</>}.
        </p>
      )}
      {group.remedies.length > 0 && (
        <>
          <h3>What can be done</h3>
          <ul class="remedies">
            {group.remedies.map(({ what, command }) => (
              <li key={what}>
                <Quoted text={sentence(what)} /> {command !== null && <Shell command={command} />}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** Up to so many files the table is shown at its full height. */
const mostUnscrolled = 20;
const scrolling = { class: 'tall', tabIndex: 0, role: 'region', 'aria-label': 'Files; scrolls' } as const;

function Components({ group: { components, hasMoreComponents, history } }: { readonly group: GroupReport }) {
  return (
    <section class="card" aria-labelledby="components">
      <h2 id="components">Components</h2>
      <div {...(components.length > mostUnscrolled && scrolling)}>
        <table class="cards components">
          <caption class="hidden">The files of the group</caption>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">Status</th>
              <th scope="col" class="number">
                Size
              </th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {components.map((component) => (
              <Component key={component.sourcePath} component={component} />
            ))}
          </tbody>
        </table>
      </div>
      {hasMoreComponents && <More what="Further components" command={history} />}
    </section>
  );
}

/** What is too much for the page. */
function More({ what, command }: { readonly what: string; readonly command: string }) {
  return (
    <Empty>
      {what}: see <Shell command={command} />
    </Empty>
  );
}

function Component({ component }: { readonly component: ComponentLine }) {
  const { name, status, reason, sizeBytes, sha256, sourcePath, archivePath, inDelivery, inArchive } = component;
  return (
    <tr>
      <th scope="row">
        <Printed text={name} />
        {inDelivery && (
          <span class="path">
            <Printed text={sourcePath} />
          </span>
        )}
        {archivePath !== null && (
          <span class="path">
            <span aria-hidden="true">→ </span>
            {inArchive ? (
              <Printed text={archivePath} />
            ) : (
              <del>
                <Printed text={archivePath} />
              </del>
            )}
          </span>
        )}
        {!inDelivery && archivePath === null && <span class="path">has left delivery</span>}
      </th>
      <td data-head="Status" class="wide">
        <Word name={status} />{' '}
        {reason !== null && (
          <span class="reason">
            <Printed text={reason} />
          </span>
        )}
      </td>
      <td data-head="Size" class="number">
        {sizeBytes === null ? '–' : bytes(sizeBytes)}
      </td>
      <td data-head="SHA-256" class={sha256 === null ? 'wide absent' : 'wide'}>
        {sha256 === null ? <span class="none">–</span> : <code class="hash">{sha256}</code>}
      </td>
    </tr>
  );
}

function Verdicts({ group: { decision, isInForce } }: { readonly group: GroupReport }) {
  return (
    <section class="card" aria-labelledby="verdicts">
      <h2 id="verdicts">What the rules said</h2>
      {decision === null ? (
        <Empty>They have not been asked yet.</Empty>
      ) : (
        <>
          <p class="quiet-text">
            <Moment at={decision.at} />, under rules <code>{decision.rulesVersion ?? 'unknown'}</code>,{' '}
            {isInForce ? 'which are still in force' : 'which are no longer in force'}.
          </p>
          <VerdictList verdicts={[...decision.selection, ...decision.routing]} />
        </>
      )}
    </section>
  );
}

function VerdictList({ verdicts }: { readonly verdicts: readonly VerdictLine[] }) {
  if (verdicts.length === 0) return <Empty>There was no rule to ask.</Empty>;
  return (
    <ul class="verdicts">
      {verdicts.map(({ rule, holds, reason }) => (
        <li key={rule}>
          <span class={holds ? 'verdict yes' : 'verdict no'}>{holds ? 'yes' : 'no'}</span>
          <span>
            <strong>
              <Printed text={rule} />
            </strong>{' '}
            <Printed text={reason} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The chart with the walked path, as the service draws it. */
function Chart({ id, step }: { readonly id: number; readonly step: number }) {
  const place = useRef<HTMLDivElement>(null);
  // With each step it is another drawing.
  const path = `/api/groups/${id}/chart.svg?step=${step}`;
  const { answer, error } = useReading(path, { isLive: false, read: getText });
  useEffect(() => {
    const sheet = place.current;
    if (answer === null || sheet === null) return;
    // A document of its own kind: nothing in it runs, and what is not a drawing is not taken over.
    const { documentElement: drawing } = new DOMParser().parseFromString(answer, 'image/svg+xml');
    if (drawing.nodeName !== 'svg') return;
    sheet.replaceChildren(document.adoptNode(drawing));
    showCurrent(sheet);
  }, [answer]);
  return (
    <section class="card" aria-labelledby="chart">
      <h2 id="chart">Its way through the chart</h2>
      {error !== null && <Trouble error={error} />}
      <div
        class="chart"
        ref={place}
        tabIndex={0}
        role="region"
        aria-label="Chart of the steps that the timeline lists; scrolls"
      />
    </section>
  );
}

/** On a small screen the drawing begins with where the group is, on whichever side that lies. */
function showCurrent(sheet: HTMLElement): void {
  const state = sheet.querySelector('[aria-current]')?.getBoundingClientRect();
  if (state === undefined) return;
  const { left, width } = sheet.getBoundingClientRect();
  sheet.scrollLeft += state.left + state.width / 2 - (left + width / 2);
}

function Timeline({ group: { steps, hasMoreSteps, history } }: { readonly group: GroupReport }) {
  return (
    <section class="card" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <ol class="timeline">
        {steps.map((step) => (
          <Step key={step.id} step={step} />
        ))}
      </ol>
      {hasMoreSteps && <More what="Earlier steps" command={history} />}
    </section>
  );
}

function Step({ step }: { readonly step: StepLine }) {
  const { at, from, to, event, reason, stayedMs, isAfterGap, attempt, revision } = step;
  const notes = [
    event,
    ...(attempt > 0 ? [`try ${attempt}`] : []),
    ...(revision > 1 ? [`revision ${revision}`] : []),
    ...(stayedMs === null ? [] : [`stayed ${duration(stayedMs)}`]),
    ...(isAfterGap ? ['steps before it are no longer on record'] : []),
  ];
  return (
    <li>
      <time dateTime={new Date(at).toISOString()}>{absolute(at)}</time>
      <span class="step">
        <Word name={to} />
        {from === to && <span class="quiet-text"> again</span>}
        {reason !== null && (
          <span class="reason">
            {' '}
            <Printed text={reason} />
          </span>
        )}
        <span class="quiet-text notes">{notes.join(' · ')}</span>
      </span>
    </li>
  );
}

function Metadata({ group: { metadata, archivePath } }: { readonly group: GroupReport }) {
  const known = metadata.filter(({ value }) => value !== null);
  if (known.length === 0 && archivePath === null) return null;
  return (
    <section class="card" aria-labelledby="metadata">
      <h2 id="metadata">Metadata</h2>
      <dl class="metadata">
        {known.map(({ name, value }) => (
          <div key={name}>
            <dt>{words(name)}</dt>
            <dd>
              <Printed text={cellText(value, '')} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function sentence(text: string): string {
  const start = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
