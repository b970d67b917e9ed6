// The enrollment for one profile: figure 6 of RFC 6080 §5.3.2 as a table. Its retrieval is another's matter, and what
// keeps a subscription alive is RFC 6665's. The runner is profile-enrollment.ts.

export type EnrollmentState =
  | 'initial'
  /** Figure 6: prepare the request, await its acceptance and the first NOTIFY. */
  | 'asking'
  /** Enrollment successful, monitoring. */
  | 'enrolled'
  /** Failure handling and delay. */
  | 'delaying'
  /** The server has no such profiles. */
  | 'refused'
  | 'ended';

export type EnrollmentEvent =
  | 'start'
  /** The time of a delay is over. */
  | 'due'
  | 'notified'
  /** One address was of no use, and there is a further one. */
  | 'failed'
  /** None was of use. */
  | 'all failed'
  /** 404, 489 and their like from all, or a subscription ended that is not to be asked for again. */
  | 'not served'
  | 'network changed'
  | 'stop';

export type EnrollmentAction =
  | 'wait a little'
  | 'ask first'
  | 'ask next'
  /** Ends what there is of a subscription. */
  | 'leave'
  | 'plan retry'
  | 'forget failures'
  | 'stop timer';

interface Row {
  readonly rfc: string;
  readonly to: EnrollmentState;
  readonly actions: readonly EnrollmentAction[];
}

const ended: Row = { rfc: '6665 §4.1.2.3', to: 'ended', actions: ['stop timer', 'leave'] };
const delaying: Row = { rfc: '6080 §5.3.2', to: 'delaying', actions: ['leave', 'plan retry'] };
const refused: Row = { rfc: '6080 §6.6, 6665 §4.1.3', to: 'refused', actions: ['leave'] };
const anew: Row = {
  rfc: '6080 §5.1.4.1',
  to: 'asking',
  actions: ['stop timer', 'leave', 'forget failures', 'ask first'],
};

export const enrollmentMachine: {
  readonly [State in EnrollmentState]: { readonly [Event in EnrollmentEvent]?: Row };
} = {
  initial: { start: { rfc: '6080 §5.3.2', to: 'delaying', actions: ['wait a little'] }, stop: ended },
  asking: {
    notified: { rfc: '6080 §5.1.1', to: 'enrolled', actions: [] },
    failed: { rfc: '6080 §5.3.2', to: 'asking', actions: ['leave', 'ask next'] },
    'all failed': delaying,
    'not served': refused,
    'network changed': anew,
    stop: ended,
  },
  enrolled: {
    // RFC 6080 §5.1.4.2: what was asked with success is asked first the next time.
    failed: delaying,
    'all failed': delaying,
    'not served': refused,
    stop: ended,
  },
  delaying: {
    due: { rfc: '6080 §5.3.2', to: 'asking', actions: ['ask first'] },
    'network changed': anew,
    stop: ended,
  },
  refused: { 'network changed': anew, stop: ended },
  ended: {},
};
