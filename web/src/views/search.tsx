import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { SearchForm, SearchPage } from '../../../src/web/protocol.ts';
import { request, storedToken } from '../api.ts';
import { useFurtherPages, useReading } from '../data.ts';
import { cellText, words } from '../format.ts';
import { sayFailed } from '../notice.tsx';
import { Empty, Heading, MoreButton, Printed, Trouble, Word } from '../parts.tsx';
import { go, Link } from '../router.tsx';
import { Conditions } from './conditions.tsx';

interface SearchProps {
  readonly params: URLSearchParams;
}

/** Groups by any column; the URL is the search. */
export function SearchView({ params }: SearchProps) {
  const form = useReading<SearchForm>('/api/search/form', { isLive: false });
  const query = params.toString();
  const { answer, error, isLoading } = useReading<SearchPage>(`/api/search?${query}`);
  const sorted = useRef<string | null>(null);
  return (
    <>
      <Heading aside={<Downloads query={query} />}>Search</Heading>
      {form.error !== null && <Trouble error={form.error} />}
      {form.answer !== null && <Conditions form={form.answer} params={params} />}
      {error !== null && form.error === null && <Trouble error={error} />}
      <div aria-busy={isLoading}>
        {answer === null && error === null && <Empty>Searching…</Empty>}
        {answer !== null && <Results key={query} page={answer} params={params} sorted={sorted} />}
      </div>
    </>
  );
}

/** Links, so that they can be copied; with a token the file is fetched by the page. */
function Downloads({ query }: { readonly query: string }) {
  const save = async (event: Event, format: string): Promise<void> => {
    if (storedToken() === null) return;
    event.preventDefault();
    try {
      const response = await request(`/api/search.${format}?${query}`);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await response.blob());
      link.download = `groups.${format}`;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (thrown) {
      sayFailed(thrown);
    }
  };
  return (
    <span class="downloads">
      {['csv', 'json'].map((format) => (
        <a
          key={format}
          class="button"
          href={`/api/search.${format}?${query}`}
          download={`groups.${format}`}
          onClick={(event) => void save(event, format)}
        >
          {format.toUpperCase()}
          <span class="hidden"> of all results</span>
        </a>
      ))}
    </span>
  );
}

interface ResultsProps extends SearchProps {
  readonly page: SearchPage;
  /** The column that was asked to be sorted by: with the results its button is a new one, which takes the focus over. */
  readonly sorted: RefObject<string | null>;
}

const rightTypes = new Set(['integer', 'bigint', 'float', 'decimal']);

function Results({ page, params, sorted }: ResultsProps) {
  const further = useFurtherPages(page, (after) => {
    const asked = new URLSearchParams(params);
    asked.set('after', after);
    return `/api/search?${asked}`;
  });
  const all = [page, ...further.pages].flatMap((one) => one.rows);
  const rows = [...new Map(all.map((row) => [row.id, row])).values()];
  if (rows.length === 0) return <Empty>No group is like that.</Empty>;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Results; scrolls">
        <table class="results">
          <caption class="hidden">Groups that were found</caption>
          <thead>
            <tr>
              {page.columns.map((column) => (
                <ColumnHead
                  key={column.name}
                  name={column.name}
                  isRight={rightTypes.has(column.type)}
                  canSort={column.type !== 'json'}
                  isMoment={column.type === 'datetime'}
                  params={params}
                  sorted={sorted}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, cells }) => (
              <tr key={id}>
                {page.columns.map(({ name, type }, i) => {
                  const text = cellText(cells[i], type);
                  return (
                    <td
                      key={name}
                      class={rightTypes.has(type) ? 'number' : ''}
                      title={text.length > 40 ? text : undefined}
                    >
                      <ResultCell id={id} name={name} text={text} isFirst={i === 0} />
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet-text" role="status">
        {further.hasMore ? `The first ${rows.length}` : `${rows.length} found`}
      </p>
      {further.hasMore && <MoreButton readOn={further.readOn} />}
    </>
  );
}

interface CellProps {
  readonly id: number;
  readonly name: string;
  readonly text: string;
  readonly isFirst: boolean;
}

function ResultCell({ id, name, text, isFirst }: CellProps) {
  if (name === 'group_key' || isFirst)
    return <Link to={`/groups/${id}`}>{text === '' ? '–' : <Printed text={text} />}</Link>;
  if (name === 'state') return <Word name={text} />;
  return text === '' ? <span class="none">–</span> : <Printed text={text} />;
}

interface HeadProps extends Pick<ResultsProps, 'params' | 'sorted'> {
  readonly name: string;
  readonly isRight: boolean;
  readonly canSort: boolean;
  readonly isMoment: boolean;
}

function ColumnHead({ name, isRight, canSort, isMoment, params, sorted }: HeadProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (sorted.current !== name) return;
    sorted.current = null;
    // Whoever has gone elsewhere meanwhile is not called back.
    if (document.activeElement === document.body) button.current?.focus();
  }, []);
  const order = params.get('order') ?? '-id';
  const direction = order === name ? 'ascending' : order === `-${name}` ? 'descending' : undefined;
  const sort = (): void => {
    const asked = new URLSearchParams(params);
    sorted.current = name;
    asked.set('order', direction === 'ascending' ? `-${name}` : name);
    go(`/search?${asked}`);
  };
  return (
    <th scope="col" class={isRight ? 'number' : ''} aria-sort={direction}>
      {canSort ? (
        <button ref={button} type="button" class="sort" onClick={sort}>
          {words(name)}
          {isMoment && ' (UTC)'}
          <span aria-hidden="true">{direction === undefined ? '' : direction === 'ascending' ? ' ↑' : ' ↓'}</span>
        </button>
      ) : (
        words(name)
      )}
    </th>
  );
}
