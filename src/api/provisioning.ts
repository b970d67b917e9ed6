// What `doorphone provision` shows: the profile of a board, where its values come from, and what became of the last ones.

/** A profile that came, and what became of it. */
export interface PastProfileReport {
  readonly where: string;
  readonly serial: number | null;
  /** ISO-8601. */
  readonly received: string;
  readonly verdict: 'applied' | 'rejected' | 'rolled-back';
  readonly faults: readonly string[];
}

/** `profile`: the device's. */
export type ProvisionedLayer = 'default' | 'file' | 'local-network' | 'profile' | 'user';

export interface ProvisioningReport {
  /** `waiting` for the end of a call; `proving` that it works. */
  readonly state: 'settled' | 'waiting' | 'proving';
  /** In force or about to be; null: the board's own file alone. */
  readonly profile: { readonly where: string; readonly serial: number | null; readonly received: string } | null;
  /** The server whose profile has proved itself. */
  readonly server: string | null;
  /** Those of the network and of users, where there are any. */
  readonly further: readonly {
    /** `local-network`, `user sip:101@example.com` */
    readonly of: string;
    readonly state: 'settled' | 'waiting' | 'proving';
    readonly where: string;
    readonly serial: number | null;
    readonly received: string;
  }[];
  /** The newest first. */
  readonly past: readonly PastProfileReport[];
  /** Every value that is not a default, which layer gives it, and of a profile its serial number and when it came. */
  readonly values: readonly {
    readonly key: string;
    readonly layer: ProvisionedLayer;
    readonly serial?: number;
    readonly received?: string;
  }[];
}
