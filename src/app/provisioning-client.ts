// What asks for profiles, made of the real parts: loaded only where a board is provisioned at all.

import type { ProvisioningConfiguration } from '../config/index.ts';
import { HttpClient, NodeHttpNetwork } from '../http/index.ts';
import { FilePoll } from '../provisioning/client/file-poll.ts';
import { ProvisioningClient } from '../provisioning/client/provisioning-client.ts';
import { type FetchingDevice, ProfileRetriever, userAgentOf } from '../provisioning/client/retrieval/index.ts';
import type { ServerFound } from '../provisioning/client/types.ts';
import type { SipAgent } from '../sip/index.ts';
import { builtAt } from './build-date.ts';
import type { ServiceContext } from './door-service.ts';
import type { Profiles } from './profiles.ts';

export interface ProvisioningParts {
  readonly context: ServiceContext;
  readonly profiles: Profiles;
  readonly stateFolder: string;
}

/** What asks for profiles; loaded only where any is to be asked for. */
export interface OpenClient {
  /** Asks again at once. */
  now(): void;
  /** Tells the server what became of its profile. */
  report(): void;
  /** Whether the server has answered since the client began. */
  readonly answered: boolean;
  stop(): void;
}

export interface ClientOptions extends ProvisioningParts {
  readonly settings: ProvisioningConfiguration;
  readonly agent: SipAgent;
  /** Twelve hexadecimal digits; undefined: the machine has none. */
  readonly mac: string | undefined;
}

/** A domain name that is nobody else's (RFC 6080 §6.2.2). */
const VENDOR = 'doorphone';
const MODEL = 'doorphone';

/** Begins to ask. */
export function openClient(options: ClientOptions): OpenClient {
  const { context, profiles, settings, mac } = options;
  const { clock, random, log, version, instance } = context;
  const device: FetchingDevice = {
    ...(mac === undefined ? {} : { mac }),
    ...(instance === undefined ? {} : { uuid: instance.replace(/^urn:uuid:/, '') }),
    vendor: VENDOR,
    model: MODEL,
    version,
  };
  const { pin: pins = [], ...tls } = settings.tls ?? { pin: [] };
  const http = new HttpClient({
    clock,
    random,
    network: new NodeHttpNetwork(),
    tls: { ...tls, ...(pins.length === 0 ? {} : { pins }) },
    builtAt,
    userAgent: userAgentOf(device),
  });
  const retriever = new ProfileRetriever({
    clock,
    random,
    http,
    device,
    settings: { ...settings, trust: settings.trust ?? [] },
    builtAt,
    known: () => profiles.store.current?.text,
    report: () => profiles.keeper.report(),
  });
  let answered = false;
  const client = new ProvisioningClient({
    clock,
    log,
    retrieve: async (offer) => {
      const fetched = await retriever.retrieve(offer);
      if (fetched.ok) answered = true;
      return fetched;
    },
    take: (profile) => profiles.keeper.take(profile),
    failed: (what, mend) => context.faults.begin('provisioning', what, mend),
  });
  const [server] = serversOf(settings);
  const poll =
    server === undefined
      ? undefined
      : new FilePoll(server, { clock, random, offered: (offer) => client.offered(offer) });
  poll?.start();
  return {
    now: () => client.now(),
    report: () => client.now(),
    get answered() {
      return answered;
    },
    stop: () => {
      poll?.stop();
      client.stop();
      http.close();
    },
  };
}

/** The server of the configuration. */
function serversOf({ server }: ProvisioningConfiguration): readonly ServerFound[] {
  return /^https?:/.test(server) ? [{ from: 'configured', uri: server, by: 'the configuration' }] : [];
}
