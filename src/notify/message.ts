import type { NotifyEvent } from '../config/types.ts';
import type { RecordedEvent } from '../store/notify-store.ts';

/** What a command reads from stdin and a webhook is sent: one JSON object. */
export interface NotifyMessage {
  /** The same each time this event is sent: what was taken already can be left out. */
  readonly id: string;
  readonly event: NotifyEvent;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Which of `[[notify]]` sends it. */
  readonly notifier: string;
  readonly watch: string;
  readonly reason: string | null;
  /** Null for `watch_lost`. All but `revision` is as it was when the message was made. */
  readonly group: {
    readonly id: number;
    readonly group_key: string;
    readonly file_type: string | null;
    readonly revision: number;
    /** False: `on_timeout = "archive_partial"` has archived what had arrived. */
    readonly complete: boolean;
    readonly archive_path: string | null;
    readonly rules_version: string | null;
  } | null;
}

/** The message about an event. */
export function messageOfEvent(event: RecordedEvent, notifier: string): NotifyMessage {
  const { group } = event;
  return {
    id: event.id,
    event: event.event,
    at: new Date(event.at).toISOString(),
    notifier,
    watch: event.watch,
    reason: event.reason,
    group:
      group === null
        ? null
        : {
            id: group.id,
            group_key: group.key,
            file_type: group.fileType,
            revision: group.revision,
            complete: group.complete,
            archive_path: group.archivePath,
            rules_version: group.rulesVersion,
          },
  };
}
