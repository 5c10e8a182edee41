import { Migration } from '@mikro-orm/migrations';

/** Column types of the three databases; frozen with this migration. */
const jsonTypes: Readonly<Record<string, string>> = { postgresql: 'jsonb', mariadb: 'json', sqlite: 'json' };

/** What a transition was decided by, and on which host. */
export class Migration0005History extends Migration {
  override up(): void {
    const platform = this.driver.getPlatform().constructor.name.toLowerCase();
    const dialect = Object.keys(jsonTypes).find((name) => platform.startsWith(name)) ?? 'sqlite';
    this.addSql('alter table group_transitions add column node varchar(255) null');
    this.addSql(`alter table group_transitions add column facts ${jsonTypes[dialect]} null`);
  }
}
