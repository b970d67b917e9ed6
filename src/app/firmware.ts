// New versions of this program, made of the real parts: loaded only where a profile names one, or one is on trial.

import type { HttpClient } from '../http/index.ts';
import { FirmwareTrial, FirmwareUpdater, PackageStore } from '../provisioning/client/firmware/index.ts';
import type { ProfileRetriever } from '../provisioning/client/retrieval/index.ts';
import type { ServiceContext } from './door-service.ts';
import { firmwareFolder, type Profiles } from './profiles.ts';

export interface FirmwareParts {
  readonly context: ServiceContext;
  readonly profiles: Profiles;
  readonly stateFolder: string;
  readonly http: HttpClient;
  readonly retriever: ProfileRetriever;
  /** Whether what is in force works. */
  readonly works: () => boolean;
  /** Whether nobody talks and no door is open. */
  readonly isQuiet: () => boolean;
}

export interface OpenFirmware {
  /** Looks at what the profile says now. */
  consider(): void;
  stop(): void;
}

export function openFirmware(parts: FirmwareParts): OpenFirmware {
  const { context, profiles, stateFolder, http, retriever, works, isQuiet } = parts;
  const store = new PackageStore(firmwareFolder(stateFolder));
  const trial = new FirmwareTrial({ ...context, store, works });
  const updater = new FirmwareUpdater({
    ...context,
    http,
    store,
    signers: retriever.signers,
    whereto: ({ url }) => {
      const server = profiles.firmware()?.server;
      return server === undefined ? 'no profile names it any more' : retriever.whereto(url, server);
    },
    isQuiet,
  });
  void trial.begin();
  return {
    consider: () => updater.consider(profiles.firmware()?.offer),
    stop: () => {
      trial.stop();
      updater.stop();
    },
  };
}
