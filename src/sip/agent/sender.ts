// As whom, and by which way, a request outside of any dialog goes out.

import type { Routing } from '../dialog/index.ts';
import type { CallCredentials } from '../exchange/index.ts';
import type { NameAddress } from '../message/types.ts';

export interface Sender {
  /** From, without its tag. */
  readonly from: NameAddress;
  /** User of Contact. */
  readonly contactUser: string | undefined;
  readonly routing: Routing;
  /** Undefined where we have none for who asks. */
  readonly credentials: CallCredentials | undefined;
}
