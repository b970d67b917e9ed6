// Offers of ours inside a dialog, one at a time: by UPDATE before the answer, by re-INVITE after it, since a re-INVITE
// leaves the peer time and needs no extension (RFC 3261 §14.1, RFC 3311 §5.1). The bodies are opaque. A refresh is an
// UPDATE without an offer, or a re-INVITE that changes nothing (RFC 4028 §7.4, RFC 6141 §4.4).

import type { Timer } from '../../base/clock.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import { ClientExchange, type SentRequest } from '../exchange/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import { sessionBodyOf } from './bodies.ts';
import { INVITE_HEADERS } from './capabilities.ts';
import type { DialogParts } from './dialog-parts.ts';
import { endByAnswer } from './dialog-requests.ts';
import { InviteAnswers } from './invite-answers.ts';
import type { Body, Offer } from './types.ts';

/** What is to be sent: an offer, or a refresh of what is. */
interface Wanted {
  readonly offer: Offer | undefined;
}

/** An INVITE that is under way. */
interface UnderWay {
  readonly exchange: ClientExchange;
  readonly wanted: Wanted;
  /** As it went out last. */
  sent: SentRequest | undefined;
}

/** How often one offer is sent anew when it came at the wrong time for the peer. */
const MAXIMUM_TRIES = 6;
/** How long a way that is not there is waited for. */
const NO_WAY = seconds(2);
/**
 * How long the answer to an INVITE is waited for that was under way when an address of ours changed: it goes to where the
 * INVITE came from, and where that is gone, nobody gets it.
 */
const STRAY_ANSWER = seconds(1);
/** RFC 3261 §14.2: the longest Retry-After of a peer that is busy with another offer. */
const LONGEST_RETRY_AFTER = 10;

/** One dialog's offers of ours. */
export class OwnOffers {
  #wanted: Wanted | undefined;
  #sending = false;
  /** Whether the INVITE that is under way has had its answer. */
  #answered = false;
  /** What is offered in the request that is under way. */
  #offered: Body | undefined;
  /** What was in force when it went out. */
  #before: DialogParts['description'] = { ours: undefined, theirs: undefined };
  #invite: UnderWay | undefined;
  /** An INVITE that has rung is given up in the end: nothing else could be offered any more. */
  #patience: Timer | undefined;
  #retry: Timer | undefined;
  #stray: Timer | undefined;
  #tries = 0;
  #closed = false;

  constructor(private readonly parts: DialogParts) {}

  /** Whether a request of ours waits for its end. */
  get busy(): boolean {
    return this.#sending;
  }

  /** Offers anew; after what is under way, where something is. A newer offer takes the place of one that waits. */
  reoffer(offer: Offer): void {
    if (this.#closed) return;
    this.#tries = 0;
    this.#wanted = { offer };
    this.next();
  }

  /** Says anew that the session goes on, and where we are. An offer that waits does that as well. */
  refresh(): void {
    if (this.#closed) return;
    this.#wanted ??= { offer: undefined };
    this.next();
  }

  /** The offer that waits, to go along in a PRACK. */
  takeOffer(): Body | undefined {
    const offer = this.#wanted?.offer;
    if (offer !== undefined) this.#wanted = undefined;
    return bodyOf(offer);
  }

  /** Sends what waits, if its time has come. */
  next(): void {
    const wanted = this.#wanted;
    if (wanted === undefined || this.#sending || this.#retry !== undefined || this.#closed) return;
    const { exchange, acknowledgements, dialog, peer } = this.parts;
    const byUpdate = peer.allows('UPDATE') && (dialog.state === 'early' || wanted.offer === undefined);
    if (byUpdate) {
      const kind = wanted.offer === undefined ? 'UPDATE' : 'UPDATE with an offer';
      if (exchange.maySend(kind)) this.#sendUpdate(wanted);
      return;
    }
    const mayInvite = dialog.state === 'confirmed' && exchange.maySend('INVITE') && acknowledgements.count === 0;
    if (mayInvite) this.#sendInvite(wanted);
  }

  /**
   * An address of ours has changed. What is under way may never be answered; and as long as it is, nothing else can be
   * offered. UPDATEs are sent anew by who holds them.
   */
  moved(): void {
    const invite = this.#invite;
    if (invite === undefined || this.#closed) return;
    const { clock } = this.parts.context.environment;
    this.#stray?.cancel();
    this.#stray = clock.after(STRAY_ANSWER, 'answer to a re-INVITE of another address', () => this.#giveUp(invite));
  }

  /** Sends nothing any more, and waits for no re-INVITE that may never be answered. */
  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#wanted = undefined;
    this.#patience?.cancel();
    this.#stray?.cancel();
    this.#invite?.exchange.cancel();
  }

  #sendUpdate(wanted: Wanted): void {
    const { exchange, requests, peer, dialog, timer } = this.parts;
    this.#begin(wanted);
    exchange.innerBegins('ours', wanted.offer !== undefined);
    const headers = [...INVITE_HEADERS, ...(dialog.state === 'confirmed' ? timer.request() : [])];
    const content = { headers, body: this.#offered, refreshesTarget: true, repeatable: true };
    requests.send('UPDATE', content, {
      answered: (response, { request }) => {
        exchange.innerEnds();
        peer.learn(response);
        if (response.status < 300) {
          dialog.refreshTarget(response);
          if (dialog.state === 'confirmed') timer.accepted(request, response);
          this.#accepted(wanted, sessionBodyOf(response), response.status);
        } else this.#refused(response, wanted, 'UPDATE');
        this.#end();
      },
      failed: (reason) => {
        exchange.innerEnds();
        this.#failed(reason, wanted);
        this.#end();
      },
    });
  }

  #sendInvite(wanted: Wanted): void {
    const { context, dialog, exchange, description, timer } = this.parts;
    const { environment, credentials } = context;
    this.#begin(wanted);
    const body = this.#offered ?? description.ours;
    exchange.inviteBegins('ours', body !== undefined);
    const answers = new InviteAnswers(this.parts, () => undefined);
    const headers = [...INVITE_HEADERS, ['User-Agent', environment.userAgent] as const, ...timer.request()];
    const plan = {
      nextHop: dialog.nextHop,
      build: () => dialog.createRequest('INVITE', { headers, body }).request,
      address: (request: SipRequest, target: Endpoint) => {
        request.headers.set('Contact', context.localTarget.say(target));
        invite.sent = { request, target };
      },
    };
    const invite: UnderWay = {
      exchange: new ClientExchange(environment, credentials, plan, {
        provisional: (response) => {
          if (this.#invite === invite) this.#progressed(response, answers, wanted);
        },
        final: (response, sent) => {
          if (this.#invite === invite) this.#final(response, sent, answers, wanted);
          else if (response.status < 300) this.parts.acknowledgements.isFirst(sent);
        },
        failed: (reason) => {
          if (this.#invite !== invite) return;
          exchange.inviteEnds();
          this.#failed(reason, wanted);
          this.#end();
        },
        heard: (source) => context.heard(source),
      }),
      wanted,
      sent: undefined,
    };
    this.#invite = invite;
    invite.exchange.begin(() => context.lastHeard());
  }

  /**
   * Its answer has strayed. It may have been a 2xx, whose sender takes nothing else before the ACK, and hangs up without
   * one in the end (RFC 3261 §13.3.1.4, §14.2): so it is acknowledged unseen. Whoever has not answered yet ignores that, and
   * refuses the next INVITE for a while (500, 491).
   */
  #giveUp(invite: UnderWay): void {
    const { exchange, acknowledgements, context, description } = this.parts;
    const { sent, wanted } = invite;
    const isOffer = this.#offered !== undefined || description.ours !== undefined;
    if (this.#invite !== invite || this.#answered || sent === undefined || !isOffer) return;
    context.environment.log.info('session.answer-strayed', { cseq: sent.request.cseq.number });
    if (acknowledgements.isFirst(sent)) acknowledgements.send(sent, undefined, () => undefined);
    invite.exchange.stray();
    exchange.inviteEnds();
    context.localTarget.unsaid();
    // A mere refresh that waits comes with the offer.
    if (this.#wanted?.offer === undefined) this.#wanted = wanted;
    this.#end();
  }

  /** The answer may come in a reliable response already; what a plain one says counts for nothing yet. */
  #progressed(response: SipResponse, answers: InviteAnswers, wanted: Wanted): void {
    const { context, exchange } = this.parts;
    const { clock, timers } = context.environment;
    this.#patience ??= clock.after(millis(64 * timers.t1), 'answer to a re-INVITE', () =>
      this.#invite?.exchange.cancel(),
    );
    const answer = answers.provisional(response)?.body;
    if (answer === undefined || exchange.stage !== 'agreed') return;
    this.#answered = true;
    this.#accepted(wanted, answer, response.status);
  }

  #final(response: SipResponse, sent: SentRequest, answers: InviteAnswers, wanted: Wanted): void {
    const { exchange } = this.parts;
    if (response.status >= 300) {
      exchange.inviteEnds();
      this.#refused(response, wanted, 'INVITE');
      this.#end();
      return;
    }
    answers.accepted(response, sent, ({ body }) => {
      this.#accepted(wanted, body, response.status);
      this.#end();
    });
  }

  /** A 2xx without an answer leaves the offer refused in all but name (RFC 3264 §5). */
  #accepted({ offer }: Wanted, answer: Body | undefined, status: number): void {
    const { user, description } = this.parts;
    this.#tries = 0;
    if (answer !== undefined) {
      // What only refreshes is of interest where the peer changes something on the occasion.
      const changes = offer !== undefined || !isSame(this.#before.theirs, answer);
      description.ours = this.#offered ?? description.ours;
      description.theirs = answer;
      if (changes) user.answer(answer);
    } else if (offer !== undefined && !this.#answered) user.offerRefused(status);
  }

  #refused(response: SipResponse, wanted: Wanted, method: 'INVITE' | 'UPDATE'): void {
    const { peer, user, timer } = this.parts;
    const { status } = response;
    const end = endByAnswer(status);
    const wait = this.#waitAfter(response);
    if (end !== undefined) user.failed(end);
    else if (wait !== undefined && this.#tries < MAXIMUM_TRIES) this.#later(wanted, wait);
    else if (method === 'UPDATE' && (status === 405 || status === 501)) {
      peer.refuses('UPDATE');
      this.#wanted ??= wanted;
    } else if (status === 422 && timer.least.refused(response)) this.#wanted ??= wanted;
    else {
      if (wanted.offer !== undefined) user.offerRefused(status);
      else timer.refused();
      if (method === 'INVITE' && this.#isChanged) user.outOfStep(wanted.offer !== undefined);
    }
  }

  /** Whether something has been agreed since it went out: in a reliable response, or in an UPDATE (RFC 6141 §3.3). */
  get #isChanged(): boolean {
    const { ours, theirs } = this.parts.description;
    return !isSame(this.#before.ours, ours) || !isSame(this.#before.theirs, theirs);
  }

  /** Silence ends the dialog; where there is no way just now, as between two addresses of ours, there may be one soon. */
  #failed(reason: 'timeout' | 'unreachable', wanted: Wanted): void {
    const { user, timer, context } = this.parts;
    context.localTarget.unsaid();
    if (reason === 'timeout') user.failed({ reason: 'timeout' });
    else if (this.#tries < MAXIMUM_TRIES) this.#later(wanted, NO_WAY);
    else if (wanted.offer !== undefined) user.offerRefused(503);
    else timer.refused();
  }

  /** How long the peer is left alone before the same is sent again; undefined: it has refused. */
  #waitAfter(response: SipResponse): Millis | undefined {
    const { began } = this.parts.context;
    // RFC 3261 §14.1, RFC 3311 §5.3: who made the Call-ID waits longer, so that the two do not meet again.
    if (response.status === 491) return millis(10 * (began === 'ours' ? 210 + this.#chance(191) : this.#chance(201)));
    const after = response.integer('Retry-After');
    const isBusy = response.status === 500 && after.ok && after.value !== undefined;
    return isBusy && after.value <= LONGEST_RETRY_AFTER ? seconds(after.value) : undefined;
  }

  /** An offer that came meanwhile is newer. */
  #later(wanted: Wanted, wait: Millis): void {
    if (this.#closed) return;
    this.#tries += 1;
    this.#wanted ??= wanted;
    this.#retry = this.parts.context.environment.clock.after(wait, 'offer again', () => {
      this.#retry = undefined;
      this.next();
    });
  }

  #begin({ offer }: Wanted): void {
    this.#sending = true;
    this.#offered = bodyOf(offer);
    this.#answered = false;
    this.#before = { ...this.parts.description };
    this.#wanted = undefined;
  }

  #end(): void {
    this.#sending = false;
    this.#invite = undefined;
    this.#stray?.cancel();
    this.#patience?.cancel();
    this.#patience = undefined;
    this.parts.user.settled();
  }

  /** A whole number from 0 to `count` - 1. */
  #chance(count: number): number {
    return Math.floor(this.parts.context.environment.random.uniform() * count);
  }
}

function isSame(one: Body | undefined, other: Body | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.data.equals(other.data);
}

/** What waits is made when its time has come: something else may have been said meanwhile (RFC 3264 §8). */
function bodyOf(offer: Offer | undefined): Body | undefined {
  return typeof offer === 'function' ? offer() : offer;
}
