// What a session knows of who calls, for those who know no SIP.

import type { Session } from '../sip/index.ts';
import { peerAddress } from './peer-address.ts';
import type { CallCaller } from './types.ts';

/** Who is at the other end of an incoming session. */
export function callerOf(session: Session): CallCaller {
  const { caller, peer, authenticatedAs, diversions = [], answerMode } = session;
  return {
    name: peer.displayName,
    key: authenticatedAs === undefined ? peerAddress(caller?.known.uri ?? peer.uri) : `the user ${authenticatedAs}`,
    authenticatedAs,
    diversions: diversions.map(({ from, reason }) => ({
      from: peerAddress(from),
      ...(reason === undefined ? {} : { reason }),
    })),
    answerMode,
    isVouchedFor: authenticatedAs !== undefined || caller?.trusted === true,
  };
}
