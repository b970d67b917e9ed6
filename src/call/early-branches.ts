// What the phones of a forked call have answered before one of them is picked up. Each has a conversation of its own with
// us (RFC 3261 §13.2.2.4, RFC 6337 §3): its answer, its keys, the offers that it makes meanwhile. The stream is one, and
// so one of them is heard (RFC 3960 §3.1): who says something goes before who has only announced it.

import type { Clock } from '../base/clock.ts';
import type { AgreedMedia } from '../sdp/index.ts';
import type { CallStream } from './call-stream.ts';
import type { OfferAnswer } from './offer-answer.ts';

/** One branch. */
interface Branch {
  readonly sdp: OfferAnswer;
  /** What has been agreed on with it; undefined: nothing that is of use. */
  agreed: AgreedMedia | undefined;
}

/** A To tag; undefined: what a gateway has said outside of any dialog. */
type Tag = string | undefined;

/** The branches of one call; as many as the session has early dialogs. */
export class EarlyBranches {
  readonly #branches = new Map<Tag, Branch>();
  #heard: Branch | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly stream: CallStream,
  ) {}

  /** The descriptions of one branch; at its first word they are what we have said to all. */
  sdpOf(tag: Tag, common: OfferAnswer): OfferAnswer {
    const known = this.#branches.get(tag);
    if (known !== undefined) return known.sdp;
    const sdp = common.fork();
    this.#branches.set(tag, { sdp, agreed: undefined });
    return sdp;
  }

  agreedWith(tag: Tag): AgreedMedia | undefined {
    return this.#branches.get(tag)?.agreed;
  }

  /** Something has been agreed with a branch; it is heard from now on, unless another one is. @throws as CallStream.configure */
  agree(tag: Tag, agreed: AgreedMedia): void {
    const branch = this.#branches.get(tag);
    if (branch === undefined) return;
    branch.agreed = agreed;
    if (branch === this.#heard || this.#heard === undefined) this.#hear(branch, agreed);
    else if (speaks(agreed) && !this.stream.isHeard(this.clock.now())) this.#hear(branch, agreed);
  }

  /** Who is heard says nothing: another one may. @throws as CallStream.configure */
  silent(): void {
    const next = this.#next();
    if (next?.agreed !== undefined) this.#hear(next, next.agreed);
  }

  /** A branch is over (RFC 6228 §4). Where it was heard, another one is, or nobody. @throws as CallStream.configure */
  ended(tag: Tag): void {
    const branch = this.#branches.get(tag);
    this.#branches.delete(tag);
    if (branch?.agreed === undefined || branch !== this.#heard) return;
    const next = this.#next();
    if (next?.agreed !== undefined) this.#hear(next, next.agreed);
    else this.stream.configure({ ...branch.agreed, direction: 'inactive' });
  }

  /** One has picked up: all that counts is what is agreed with that one. @throws as CallStream.configure */
  answered(tag: Tag, agreed: AgreedMedia): void {
    const branch = this.#branches.get(tag);
    if (branch !== undefined) this.#hear(branch, agreed);
    this.forget();
  }

  forget(): void {
    this.#branches.clear();
    this.#heard = undefined;
  }

  /** The newest of the others that speaks. */
  #next(): Branch | undefined {
    const others = [...this.#branches.values()].filter((branch) => branch !== this.#heard);
    return others.findLast(({ agreed }) => agreed !== undefined && speaks(agreed));
  }

  #hear(branch: Branch, agreed: AgreedMedia): void {
    const isOther = this.#heard !== undefined && this.#heard !== branch;
    this.#heard = branch;
    if (isOther) this.stream.takeOver(agreed, this.clock.now());
    // The same answer again, in the next 18x or in the 2xx: the stream runs on undisturbed.
    else if (agreed !== this.stream.agreed) this.stream.configure(agreed);
  }
}

/** Whether the peer may send. */
const speaks = ({ direction }: AgreedMedia): boolean => direction === 'sendrecv' || direction === 'recvonly';
