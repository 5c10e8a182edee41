import { Fragment } from 'preact';
import { useId } from 'preact/hooks';
import type { RuleLine, RuleSetReport, RulesReport } from '../../../src/web/protocol.ts';
import { useReading } from '../data.ts';
import { counted, number } from '../format.ts';
import { Empty, Heading, Moment, Printed, Trouble } from '../parts.tsx';
import { Link } from '../router.tsx';

/** The rules in force, and which of them speak. */
export function RulesView() {
  const { answer, error } = useReading<RulesReport>('/api/rules');
  return (
    <>
      <Heading
        aside={
          answer !== null && (
            <span class="quiet-text">
              version <code>{answer.version}</code> of{' '}
              <code>
                <Printed text={answer.file} />
              </code>
            </span>
          )
        }
      >
        Rules in force
      </Heading>
      {error !== null && <Trouble error={error} />}
      {answer !== null && <Decisions report={answer} />}
      {answer?.sets.map((set) => (
        <RuleSet key={set.name} set={set} />
      ))}
    </>
  );
}

function Decisions({ report: { decisions, since } }: { readonly report: RulesReport }) {
  if (decisions === 0) return <Empty>Nothing has been decided by these rules yet.</Empty>;
  return (
    <p class="quiet-text">
      Counted over the latest {counted(decisions, 'decision')} by these rules
      {since !== null && (
        <>
          , the first of them <Moment at={since} />
        </>
      )}
      .
    </p>
  );
}

/** Watches of a rule set that are named; a search has a field for each of its own. */
const mostNamed = 10;

function RuleSet({ set }: { readonly set: RuleSetReport }) {
  // A name may have spaces, which would end an id.
  const id = useId();
  const named = set.watches.slice(0, mostNamed);
  const others = set.watches.length - named.length;
  return (
    <section class="card" aria-labelledby={id}>
      <div class="section-head">
        <h2 id={id}>
          <bdi>{set.name}</bdi>{' '}
          <span class="count">
            {set.watches.length === 0 ? 'no watch uses it' : 'for '}
            {named.map((name, i) => (
              <Fragment key={name}>
                {i > 0 && ', '}
                <bdi>{name}</bdi>
              </Fragment>
            ))}
            {others > 0 && ` and ${counted(others, 'other')}`}
          </span>
        </h2>
      </div>
      <dl class="rules">
        <Rules name="Checks" lines={set.integrity} none="no checks: every readable file is sound" />
        <dt>Grouping</dt>
        <dd>
          {set.completeness.length === 0 ? 'each file is a group of its own' : <Words words={set.completeness} />}
        </dd>
        <dt>Metadata</dt>
        <dd>
          {set.extractor === null ? (
            'nothing is extracted'
          ) : (
            <>
              read by <code>{set.extractor}</code>
            </>
          )}
        </dd>
        <Rules name="Selection" lines={set.selection} none="every group is wanted" />
        <Rules name="Routing" lines={set.routing} none="to the archive of the watch" />
      </dl>
      {named.length > 0 && others === 0 && (
        <p class="quiet-text">
          <Link to={`/search?${new URLSearchParams(named.map((name) => ['watch_name', name]))}`}>
            Groups under these rules
          </Link>
        </p>
      )}
    </section>
  );
}

function Rules({
  name,
  lines,
  none,
}: {
  readonly name: string;
  readonly lines: readonly RuleLine[];
  readonly none: string;
}) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {lines.length === 0 && <span class="quiet-text">{none}</span>}
        <ol class="rule-list">
          {lines.map((line, i) => (
            <li key={i}>
              <Words words={line.words} />
              <Hits line={line} />
            </li>
          ))}
        </ol>
      </dd>
    </>
  );
}

function Words({ words }: { readonly words: readonly string[] }) {
  return (
    <span class="rule-words">
      {words.map((line) => (
        <span key={line}>
          <Printed text={line} />
        </span>
      ))}
    </span>
  );
}

function Hits({ line: { held, asked } }: { readonly line: RuleLine }) {
  if (held === null || asked === null) return null;
  if (asked === 0) return <span class="hits quiet-text">not asked</span>;
  return (
    <span class="hits">
      <svg viewBox="0 0 90 8" width="90" height="8" role="img" aria-label={`held ${held} of ${asked} times`}>
        <rect class="trough" width="90" height="8" rx="4" />
        {held > 0 && <rect class="fill" width={Math.max(8, (held / asked) * 90)} height="8" rx="4" />}
      </svg>
      <span class={held === 0 ? 'quiet-text' : ''}>
        {number(held)} <span class="quiet-text">of {number(asked)}</span>
      </span>
    </span>
  );
}
