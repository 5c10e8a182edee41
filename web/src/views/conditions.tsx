import { useEffect, useId, useState } from 'preact/hooks';
import type { FilterInfo, SearchForm } from '../../../src/web/protocol.ts';
import { words } from '../format.ts';
import { go } from '../router.tsx';

/** Conditions that are always offered. */
const usual = ['group_key', 'watch_name', 'state', 'created_at_after', 'created_at_before'];

interface Condition {
  readonly key: string;
  readonly value: string;
}

interface ConditionsProps {
  readonly form: SearchForm;
  readonly params: URLSearchParams;
}

/** The form of a search. It changes the URL; the URL is what is searched. */
export function Conditions({ form, params }: ConditionsProps) {
  const [conditions, setConditions] = useState<readonly Condition[]>(() => startingWith(form, params));
  const [columns, setColumns] = useState<readonly string[]>(() => shownBy(form, params));
  useEffect(() => {
    // The fields stay where they are, and with them the focus.
    setConditions(startingWith(form, params));
    setColumns(shownBy(form, params));
  }, [params.toString()]);
  const moreId = useId();
  const change = (index: number, value: string): void =>
    setConditions((before) => before.map((one, i) => (i === index ? { ...one, value } : one)));
  const submit = (event: Event): void => {
    event.preventDefault();
    go(urlOf(form, conditions, columns, params.get('order')));
  };
  const addable = form.filters.filter(({ key }) => !usual.includes(key));
  return (
    <search>
      <form class="card conditions" onSubmit={submit}>
        {conditions.map(({ key, value }, i) => {
          const filter = form.filters.find((one) => one.key === key);
          return (
            <Field
              key={`${key} ${i}`}
              form={form}
              name={key}
              filter={filter}
              value={value}
              onChange={(given) => change(i, given)}
            />
          );
        })}
        <div class="field">
          <label for={moreId}>More conditions</label>
          <select
            id={moreId}
            value=""
            onChange={(event) => {
              const key = event.currentTarget.value;
              if (key !== '') setConditions((before) => [...before, { key, value: '' }]);
              event.currentTarget.value = '';
            }}
          >
            <option value="">choose one…</option>
            {addable.map(({ key, description }) => (
              <option key={key} value={key} title={description}>
                {labelOf(key)}
              </option>
            ))}
          </select>
        </div>
        <div class="buttons">
          <button type="submit" class="primary">
            Search
          </button>
          <button type="button" onClick={() => go('/search')}>
            Clear
          </button>
        </div>
        <Columns form={form} chosen={columns} onChange={setColumns} />
      </form>
    </search>
  );
}

function startingWith(form: SearchForm, params: URLSearchParams): readonly Condition[] {
  const known = new Set(form.filters.map(({ key }) => key));
  const given = [...params].filter(([key]) => known.has(key)).map(([key, value]) => ({ key, value }));
  const first = usual.flatMap((key) => {
    const found = given.filter((one) => one.key === key);
    return found.length > 0 ? found : [{ key, value: '' }];
  });
  return [...first, ...given.filter(({ key }) => !usual.includes(key))];
}

function shownBy(form: SearchForm, params: URLSearchParams): readonly string[] {
  return params.get('columns')?.split(',') ?? form.shown;
}

function urlOf(
  form: SearchForm,
  conditions: readonly Condition[],
  columns: readonly string[],
  order: string | null,
): string {
  const params = new URLSearchParams();
  for (const { key, value } of conditions) if (value !== '') params.append(key, value);
  if (columns.join(',') !== form.shown.join(',') && columns.length > 0) params.set('columns', columns.join(','));
  if (order !== null) params.set('order', order);
  const query = params.toString();
  return query === '' ? '/search' : `/search?${query}`;
}

interface FieldProps {
  readonly form: SearchForm;
  readonly name: string;
  readonly filter: FilterInfo | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({ form, name, filter, value, onChange }: FieldProps) {
  const id = useId();
  const known =
    name === 'watch_name'
      ? form.watches
      : name === 'state'
        ? form.states
        : filter?.kind === 'boolean'
          ? ['true', 'false']
          : null;
  // E.g. a watch that is no longer configured and still has its groups.
  const choices = known === null || value === '' || known.includes(value) ? known : [...known, value];
  return (
    <div class="field" title={filter?.description}>
      <label for={id}>{labelOf(name)}</label>
      {choices === null ? (
        <input
          id={id}
          type="text"
          value={value}
          placeholder={placeholderOf(filter)}
          spellcheck={false}
          autoComplete="off"
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      ) : (
        <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">any</option>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {name === 'state' ? words(choice) : choice}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

/** `created_at_after` → `created at, after` */
function labelOf(key: string): string {
  if (key === '_age') return 'age';
  if (key === '_daterange') return 'time span';
  const [, name = key, bound] = /^(.+)_(after|before|min|max)$/.exec(key) ?? [];
  const bounds: Readonly<Record<string, string>> = {
    after: 'after',
    before: 'before',
    min: 'at least',
    max: 'at most',
  };
  return bound === undefined ? words(name) : `${words(name)}, ${bounds[bound]}`;
}

function placeholderOf(filter: FilterInfo | undefined): string {
  if (filter?.kind === 'after' || filter?.kind === 'before') return '2026-01-31 12:00';
  if (filter?.kind === 'daterange') return '2026-01-01/2026-02-01';
  if (filter?.kind === 'age') return '7d';
  return filter?.type === 'text' ? '% stands for any text' : '';
}

interface ColumnsProps {
  readonly form: SearchForm;
  readonly chosen: readonly string[];
  readonly onChange: (columns: readonly string[]) => void;
}

function Columns({ form, chosen, onChange }: ColumnsProps) {
  return (
    <details class="columns">
      <summary>Columns</summary>
      <fieldset>
        <legend class="hidden">Columns to show</legend>
        {form.columns.map(({ name }) => (
          <label key={name} class="check">
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={(event) =>
                onChange(event.currentTarget.checked ? [...chosen, name] : chosen.filter((one) => one !== name))
              }
            />
            {words(name)}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
