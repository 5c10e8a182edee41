import { Migration } from '@mikro-orm/migrations';

/** What the plugin was asked last, so that a request which ends the process is found. */
export class Migration0009PluginAsked extends Migration {
  override up(): void {
    this.addSql('alter table service_state add column plugin_asked text null');
  }
}
