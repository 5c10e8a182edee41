import type { Query } from '@mikro-orm/migrations';
import type { MigrationEntry } from '../database/orm.ts';

/**
 * How MariaDB is told to do what has not been done yet, and nothing else. Tables are of the form that takes our indexes and long texts,
 * whatever form is the server's own.
 */
const onlyOnce: readonly (readonly [RegExp, string])[] = [
  [/^create table (.*)$/s, 'create table if not exists $1 row_format = dynamic'],
  [/^create (unique )?index /, 'create $1index if not exists '],
  [/^drop index /, 'drop index if exists '],
  [/^(alter table \w+) add column /, '$1 add column if not exists '],
  [/^(alter table \w+) drop column /, '$1 drop column if exists '],
  [/^insert into /, 'insert ignore into '],
];

/**
 * A migration that may be applied again where a part of it has been: MariaDB commits each change of a table at once, so that a
 * migration that is cut off, by a crash or a lost connection, leaves what it has done.
 */
export function repeatable(type: MigrationEntry['class']): MigrationEntry['class'] {
  return class extends type {
    override addSql(statement: Query): void {
      super.addSql(once(statement));
    }

    override execute(statement: Query, params?: unknown[]): ReturnType<InstanceType<typeof type>['execute']> {
      return super.execute(once(statement), params);
    }
  };
}

function once(statement: Query): Query {
  if (typeof statement !== 'string') return statement;
  const [form, instead] = onlyOnce.find(([one]) => one.test(statement)) ?? [];
  return form === undefined || instead === undefined ? statement : statement.replace(form, instead);
}
