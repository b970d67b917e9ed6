// From a version that a profile names to the request that it be installed, as a table. The runner is firmware-updater.ts.

export type FirmwareState =
  /** Nothing is to be done. */
  | 'idle'
  | 'downloading'
  /** The server, or the disk, may be able to later. */
  | 'pausing'
  /** It is here, and whole; somebody talks. */
  | 'waiting'
  /** The helper is asked to install it; this process will be stopped. */
  | 'handed-over';

export type FirmwareEvent =
  /** A profile names another version than the one that runs. */
  | 'offered'
  /** No profile names one any more. */
  | 'withdrawn'
  | 'here'
  | 'not now'
  | 'never'
  | 'pause over'
  | 'quiet'
  /** The helper says that it could not. */
  | 'refused';

export type FirmwareAction =
  | 'download'
  | 'pause'
  | 'stop pause'
  | 'wait for quiet'
  | 'stop waiting'
  | 'hand over'
  | 'give up';

interface Row {
  readonly to: FirmwareState;
  readonly actions: readonly FirmwareAction[];
}

export const firmwareMachine: { readonly [State in FirmwareState]: { readonly [Event in FirmwareEvent]?: Row } } = {
  idle: {
    offered: { to: 'downloading', actions: ['download'] },
  },
  downloading: {
    // The one before ends in an outcome that nobody waits for.
    offered: { to: 'downloading', actions: ['download'] },
    withdrawn: { to: 'idle', actions: [] },
    here: { to: 'waiting', actions: ['wait for quiet'] },
    'not now': { to: 'pausing', actions: ['pause'] },
    never: { to: 'idle', actions: ['give up'] },
  },
  pausing: {
    offered: { to: 'downloading', actions: ['stop pause', 'download'] },
    withdrawn: { to: 'idle', actions: ['stop pause'] },
    'pause over': { to: 'downloading', actions: ['download'] },
  },
  waiting: {
    offered: { to: 'downloading', actions: ['stop waiting', 'download'] },
    withdrawn: { to: 'idle', actions: ['stop waiting'] },
    quiet: { to: 'handed-over', actions: ['stop waiting', 'hand over'] },
  },
  'handed-over': {
    refused: { to: 'idle', actions: ['give up'] },
  },
};
