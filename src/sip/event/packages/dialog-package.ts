// The event package `dialog` (RFC 4235): whom the door calls and who calls it, told to those who may know. A phone that
// is not rung sees so that another one is, and with what to pick the call up (RFC 3891).

import { err, ok, type Result } from '../../../base/result.ts';
import { minutes } from '../../../base/units.ts';
import { parseUri, urisEqual } from '../../message/index.ts';
import type { EventBody } from '../environment.ts';
import type { EventPackage, Watch, WatchRefusal, WatchRequest } from '../event-package.ts';
import { DIALOG_INFO_TYPE, type DialogState, type VirtualDialog, writeDialogInfo } from './dialog-info.ts';

/** The dialogs that there are. */
export interface DialogSource {
  /** Those that are not over. */
  current(): readonly DialogState[];
  /** One that ended a short time ago. */
  ended(id: string): DialogState | undefined;
}

/**
 * How much watchers are told: every dialog with what it takes to pick it up; whether there is a call; nothing
 * (§3.6, §3.7.2).
 */
export type DialogDetail = 'calls' | 'state' | 'off';

/** The package, with what it is told of. */
export class DialogPackage implements EventPackage {
  readonly name = 'dialog';
  readonly types = [DIALOG_INFO_TYPE];
  /** §3.4. */
  readonly expires = minutes(60);

  constructor(
    private readonly source: DialogSource,
    private readonly detail: () => DialogDetail,
  ) {}

  watch(request: WatchRequest): Result<Watch, WatchRefusal> {
    const detail = this.detail();
    if (detail === 'calls') return ok(new DialogWatch(this.source, request));
    // §3.7.2: who may know of no single dialog may not ask for one.
    if (detail === 'off' || request.event.parameters.has('call-id')) return err({ status: 403 });
    return ok(new VirtualWatch(this.source, request));
  }
}

/** One watcher who is told whether there is a call: the virtual state machine of §3.7.2. */
class VirtualWatch implements Watch {
  #version = 0;
  #told: VirtualDialog['state'] = 'terminated';

  constructor(
    private readonly source: DialogSource,
    private readonly request: WatchRequest,
  ) {}

  full(): EventBody {
    return this.#write('full', this.#now);
  }

  changes(): EventBody | undefined {
    return this.#now === this.#told ? undefined : this.#write('partial', this.#now);
  }

  get #now(): VirtualDialog['state'] {
    return this.source.current().length > 0 ? 'confirmed' : 'terminated';
  }

  #write(state: 'full' | 'partial', now: VirtualDialog['state']): EventBody {
    const version = this.#version;
    this.#version += 1;
    this.#told = now;
    const dialogs = state === 'full' && now === 'terminated' ? [] : [{ id: 'call', state: now }];
    return writeDialogInfo({ version, state, entity: this.request.resource, dialogs });
  }
}

/** What one watcher has been told. */
class DialogWatch implements Watch {
  /** The next document's (§4.1). */
  #version = 0;
  /** By id, as it was told last. */
  #told = new Map<string, DialogState>();

  constructor(
    private readonly source: DialogSource,
    private readonly request: WatchRequest,
  ) {}

  full(): EventBody {
    const dialogs = this.#visible();
    this.#told = new Map(dialogs.map((dialog) => [dialog.id, dialog]));
    return this.#write('full', dialogs);
  }

  /** §3.3: the dialogs that have changed, those that are over among them. */
  changes(): EventBody | undefined {
    const visible = this.#visible();
    const now = new Map(visible.map((dialog) => [dialog.id, dialog]));
    const changed = visible.filter((dialog) => !isSame(dialog, this.#told.get(dialog.id)));
    const gone = [...this.#told.values()].filter((dialog) => !now.has(dialog.id));
    this.#told = now;
    if (changed.length + gone.length === 0) return undefined;
    return this.#write('partial', [...gone.map((dialog) => this.#endOf(dialog)), ...changed]);
  }

  #write(state: 'full' | 'partial', dialogs: readonly DialogState[]): EventBody {
    const version = this.#version;
    this.#version += 1;
    return writeDialogInfo({ version, state, entity: this.request.resource, dialogs });
  }

  #endOf(dialog: DialogState): DialogState {
    const { id } = dialog;
    return { ...(this.source.ended(id) ?? dialog), id, state: 'terminated' };
  }

  /**
   * §3.2, §3.3: those that were asked for by name, else all but the watcher's own. One that turns out to be its own when
   * it has been told of already is told to its end: else its lamp would never go out.
   */
  #visible(): readonly DialogState[] {
    const { parameters } = this.request.event;
    const [callId, toTag, fromTag] = ['call-id', 'to-tag', 'from-tag'].map((name) => parameters.get(name));
    if (callId === undefined) {
      return this.source.current().filter((dialog) => this.#told.has(dialog.id) || !this.#isWatchers(dialog));
    }
    return this.source
      .current()
      .filter(
        (dialog) =>
          dialog.callId === callId &&
          (toTag === undefined || dialog.localTag === toTag) &&
          (fromTag === undefined || dialog.remoteTag === fromTag),
      );
  }

  #isWatchers({ remote }: DialogState): boolean {
    if (remote.target === undefined) return false;
    const [target, watcher] = [parseUri(remote.target), parseUri(this.request.watcher)];
    return target.ok && watcher.ok && urisEqual(target.value, watcher.value);
  }
}

function isSame(one: DialogState, other: DialogState | undefined): boolean {
  return (
    other !== undefined &&
    one.state === other.state &&
    one.remoteTag === other.remoteTag &&
    one.remote.target === other.remote.target
  );
}
