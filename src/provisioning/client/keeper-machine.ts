// The life of a profile on a device, as a table: it is put into force, proves itself, or gives way to the last good one.
// The runner is profile-keeper.ts.

export type KeeperState =
  /** What is in force has proved itself, or nothing is provisioned. */
  | 'settled'
  /** Checked and written down; to be in force as soon as no call is up and no door is open. */
  | 'waiting'
  /** In force, and to show that it works. */
  | 'proving';

export type KeeperEvent =
  /** A profile was checked, and can be put into force at once or later. */
  | 'taken'
  | 'in force'
  /** It could not be put into force: a port in use, a sound device that is not there. */
  | 'not in force'
  | 'proved'
  /** The time for its proof is over. */
  | 'not proved'
  /** The board is to be as if it had never been provisioned. */
  | 'forgotten';

export type KeeperAction = 'put into force' | 'start proof' | 'stop proof' | 'keep' | 'roll back';

interface Row {
  readonly to: KeeperState;
  readonly actions: readonly KeeperAction[];
}

export const keeperMachine: { readonly [State in KeeperState]: { readonly [Event in KeeperEvent]?: Row } } = {
  settled: {
    taken: { to: 'waiting', actions: ['put into force'] },
    // The board's own file was changed: no matter of ours.
    'in force': { to: 'settled', actions: [] },
    forgotten: { to: 'settled', actions: [] },
  },
  waiting: {
    // A newer one takes its place.
    taken: { to: 'waiting', actions: ['put into force'] },
    'in force': { to: 'proving', actions: ['start proof'] },
    'not in force': { to: 'settled', actions: ['roll back'] },
    forgotten: { to: 'settled', actions: [] },
  },
  proving: {
    // What has not proved itself is not what a later one falls back to.
    taken: { to: 'waiting', actions: ['stop proof', 'put into force'] },
    'in force': { to: 'proving', actions: [] },
    proved: { to: 'settled', actions: ['stop proof', 'keep'] },
    'not proved': { to: 'settled', actions: ['stop proof', 'roll back'] },
    forgotten: { to: 'settled', actions: ['stop proof'] },
  },
};
