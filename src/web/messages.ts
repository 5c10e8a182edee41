import type { Config, HttpConfig } from '../config/types.ts';
import type { PlainError } from '../errors/index.ts';
import type { PluginLocation } from '../plugin/index.ts';
import type { VitalSigns } from '../service/serve.ts';
import type { StepCounts } from './counts.ts';

/** What the thread is started with. */
export interface ServerData {
  readonly config: Config;
  readonly http: HttpConfig;
  readonly location: PluginLocation;
  /** Null: nobody may do anything but look. */
  readonly token: string | null;
  readonly version: string;
  /** Where the built page is; null: where the build puts it. */
  readonly pageDirectory: string | null;
}

/** How late the service's own thread was lately, in seconds. */
export interface LoopDelay {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

/** What the service tells the thread, each second. */
export interface ServicePulse {
  readonly signs: VitalSigns;
  readonly loop: LoopDelay;
  /** What has happened since the last pulse; null: nothing. */
  readonly counts: StepCounts | null;
}

/** What the thread tells the service. */
export type ServerMessage =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'failed'; readonly error: PlainError }
  /** Groups have been made due. */
  | { readonly type: 'look' }
  | { readonly type: 'warning'; readonly message: string; readonly fields: Readonly<Record<string, string>> };
