// Everything of the agent's that is an event package or a message: who watches us, what we watch, what is told to us
// unasked (RFC 6665, RFC 3428).

import { DoorphoneError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Result } from '../../base/result.ts';
import { minutes, seconds } from '../../base/units.ts';
import {
  type DialogDetail,
  DialogPackage,
  type EventEnvironment,
  type EventPackage,
  type EventUsage,
  Notifier,
  type NotifierOptions,
  PresencePackage,
  Publication,
  Subscription,
  SubscriptionPlan,
  type SubscriptionRecord,
  sendPublish,
  UsageTable,
  type WatcherLimits,
  writePidf,
} from '../event/index.ts';
import { type NameAddress, parseEventType } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import { ALLOW_EVENTS, type Referral, type RoutedSession } from '../session/index.ts';
import { DialogTracker } from './dialog-tracker.ts';
import { InstantMessages, LONGEST_SENT } from './instant-messages.ts';
import { Presence } from './presence.ts';
import { ReferDialogs } from './refer-dialogs.ts';
import { findReplaced } from './replaced-session.ts';
import type { MethodHandler } from './request-handler.ts';
import type { Sender } from './sender.ts';
import type {
  Account,
  Admission,
  InstantMessage,
  MessageOptions,
  MessageOutcome,
  PublishOptions,
  PublishOutcome,
  SubscribeOptions,
} from './types.ts';
import {
  type UnaskedHandler,
  UnaskedNotifications,
  type UnaskedPolicy,
  type UnaskedStanding,
} from './unasked-notifications.ts';

export interface EventHubOptions {
  readonly log: Log;
  readonly environment: EventEnvironment;
  readonly identityFor: NotifierOptions['identityFor'];
  readonly mayGoTo: NotifierOptions['mayGoTo'];
  /** How much watchers are told of our calls. */
  readonly dialogDetail: () => DialogDetail;
  /** Packages that are notified of beside the door's own, and how many may watch. */
  readonly packages?: readonly EventPackage[];
  readonly watchers?: WatcherLimits;
  readonly sessions: () => readonly RoutedSession[];
  /** As whom, and by which way, a request of an account's goes to a target. */
  readonly sender: (target: string, account: Account) => Sender;
  readonly admit: Admission;
  /** Whether a server of ours is there. */
  readonly isServer: (source: Endpoint) => boolean;
  readonly received: (message: InstantMessage) => void;
  /** Somebody who was let in wants us to call somebody, and is in no call with us. */
  readonly asked: (referral: Referral, from: NameAddress, source: Endpoint) => void;
}

const PUBLICATION_LIFE = minutes(60);

/** The agent's subscriptions. */
export class EventHub {
  readonly #dialogs: DialogTracker;
  readonly #table = new UsageTable();
  readonly #notifier: Notifier;
  readonly #refers: ReferDialogs;
  readonly #messages: InstantMessages;
  readonly #subscriptions = new Set<Subscription>();
  readonly #presence: Presence;
  readonly #publications = new Set<Publication>();
  readonly #unasked: UnaskedNotifications;

  constructor(private readonly options: EventHubOptions) {
    const { environment, identityFor, mayGoTo, dialogDetail, packages = [], watchers } = options;
    const allowEvents = [ALLOW_EVENTS, ...packages.map(({ name }) => name)].join(', ');
    this.#presence = new Presence(environment.clock);
    this.#dialogs = new DialogTracker(() => this.#dialogsChanged());
    this.#notifier = new Notifier({
      environment,
      packages: [
        new DialogPackage(this.#dialogs, dialogDetail),
        new PresencePackage(this.#presence, () => dialogDetail() !== 'off'),
        ...packages,
      ],
      allowEvents,
      ...(watchers === undefined ? {} : { limits: watchers }),
      table: this.#table,
      identityFor,
      mayGoTo,
    });
    const addressesOf = (uri: string): readonly string[] => environment.knownAddresses(uri);
    this.#unasked = new UnaskedNotifications({ ...options, allowEvents, addressesOf });
    this.#refers = new ReferDialogs({ ...options, table: this.#table });
    this.#messages = new InstantMessages(environment, options.received);
  }

  /** What is done with a request outside of a dialog from somebody who was let in, by method. */
  readonly methods: ReadonlyMap<string, MethodHandler> = new Map<string, MethodHandler>([
    ['SUBSCRIBE', (transaction) => this.#notifier.receive(transaction)],
    ['NOTIFY', (transaction, authenticatedAs) => this.#unasked.receive(transaction, authenticatedAs)],
    ['REFER', (transaction) => this.#refers.receive(transaction)],
    ['MESSAGE', (transaction, authenticatedAs) => this.#messages.receive(transaction, authenticatedAs)],
  ]);

  /** Packages that come unasked, for those who register with a server. */
  get advertised(): readonly string[] {
    return this.#unasked.advertised;
  }

  /** As what a NOTIFY outside of any dialog is to be looked at. */
  standingOf(request: SipRequest, source: Endpoint): UnaskedStanding {
    return this.#unasked.standingOf(request, source);
  }

  /** What a request with a To tag is for. */
  find(request: SipRequest): EventUsage | undefined {
    return this.#table.find(request);
  }

  /** A session has begun: watchers are told. @param replaced the one whose place it is to take */
  watch(session: RoutedSession, replaced?: RoutedSession): void {
    this.#dialogs.add(session, replaced);
  }

  /** The session whose place an INVITE is to take (RFC 3891); the error is the response that refuses it. */
  findReplaced(invite: SipRequest): Result<RoutedSession | undefined, SipResponse> {
    return findReplaced(invite, {
      sessions: this.options.sessions(),
      hasEnded: (dialog) => this.#dialogs.hasEnded(dialog),
    });
  }

  /** Begins a subscription. It is kept until it ends, or until `stop`. */
  subscribe({
    target,
    account,
    event,
    accept,
    expires,
    headers = [],
    body,
    instance,
    forks = 1,
  }: SubscribeOptions): Subscription {
    const { environment, sender, admit } = this.options;
    const type = parseEventType(event);
    if (!type.ok) throw new Error(`${event}: ${type.error}`);
    const plan = new SubscriptionPlan({
      environment,
      ...sender(target, account),
      target,
      event: type.value,
      eventText: event,
      instance,
      accept,
      expires,
      headers,
      body,
      forks,
      mayNotify: (source) => admit({ uri: target, source }) === undefined,
    });
    const subscription = new Subscription(plan, this.#table);
    this.#subscriptions.add(subscription);
    subscription.on('status', ({ state }) => {
      if (state === 'ended') this.#subscriptions.delete(subscription);
    });
    subscription.start();
    return subscription;
  }

  /** Goes on with a watcher's subscription of an earlier life of the process. @returns whether it could be taken up */
  restore(record: SubscriptionRecord): boolean {
    return this.#notifier.restore(record);
  }

  /** A text came in a call's dialog. It has been answered. */
  texted(request: SipRequest, source: Endpoint): void {
    this.#messages.take(request, source);
  }

  /** Publishes once. */
  publishOnce({ target, account, event, expires, tag, body }: PublishOptions): Promise<PublishOutcome> {
    const plan = { environment: this.options.environment, ...this.options.sender(target, account), target, event };
    return new Promise((done) => {
      sendPublish(
        plan,
        { expires, tag, body },
        { final: (response) => done(outcomeOf(response)), failed: () => done({ status: undefined }) },
      );
    });
  }

  /** Publishes the account's presence (RFC 3903), until `stop`. */
  publish(account: Account): void {
    const { environment, sender } = this.options;
    const publication = new Publication({
      environment,
      ...sender(account.uri, account),
      target: account.uri,
      event: 'presence',
      expires: PUBLICATION_LIFE,
      state: () => writePidf(this.#presence, account.uri),
    });
    this.#publications.add(publication);
    publication.start();
  }

  /** Sends a text. @throws DoorphoneError `too-long` */
  message({ target, account, text }: MessageOptions): Promise<MessageOutcome> {
    const data = Buffer.from(text, 'utf8');
    if (data.length > LONGEST_SENT) {
      throw new DoorphoneError('too-long', `a text has ${LONGEST_SENT} bytes at the most`);
    }
    return this.#messages.send(target, data, this.options.sender(target, account));
  }

  /** Takes NOTIFYs of a package that come without a subscription: `check-sync`, message waiting. @returns ends it */
  onUnasked(name: string, handler: UnaskedHandler, policy: UnaskedPolicy = { from: 'callers' }): () => void {
    return this.#unasked.on(name, policy, handler);
  }

  /** The network has changed: every subscription is looked at. */
  renew(): void {
    for (const subscription of this.#subscriptions) subscription.renew();
  }

  /** Ends every subscription, both ways. @param done called when all have answered */
  stop(done: () => void): void {
    const subscriptions = [...this.#subscriptions];
    const publications = [...this.#publications];
    let open = subscriptions.length + publications.length + 1;
    const one = (): void => {
      open -= 1;
      if (open === 0) done();
    };
    for (const subscription of subscriptions) subscription.stop(one);
    for (const publication of publications) publication.stop(one);
    this.#notifier.stop(one);
  }

  /** Waits for nothing any longer. */
  close(): void {
    for (const subscription of this.#subscriptions) subscription.close();
    for (const publication of this.#publications) publication.close();
    this.#notifier.close();
    this.#refers.close();
  }

  #dialogsChanged(): void {
    this.#notifier.changed('dialog');
    if (!this.#presence.set(this.#dialogs.current().length === 0)) return;
    this.#notifier.changed('presence');
    for (const publication of this.#publications) publication.changed();
  }
}

function outcomeOf(response: SipResponse): PublishOutcome {
  const { status } = response;
  const tag = response.headers.get('SIP-ETag');
  const life = response.integer(status === 423 ? 'Min-Expires' : 'Expires');
  return {
    status,
    ...(tag === undefined ? {} : { tag }),
    ...(life.ok && life.value !== undefined ? { expires: seconds(life.value) } : {}),
  };
}
