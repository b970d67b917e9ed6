// RFC 3261 §18: transports.
//
// Who registers (RFC 5626), or is in a call behind a NAT, keeps a flow:
//
//   const flow = transport.flow(target, { opened: () => …, failed: ({ message }) => … });
//   … REGISTER to `target` goes by it; 200 with `Require: outbound`, or a Path with `ob`: the server answers keep-alives …
//   flow.keepAlive(flowTimer);   // Flow-Timer of the 200, if it has one; again after each 200
//   … failed: the connection is gone, pings are not answered, or a NAT has changed our mapping: another flow, another REGISTER …
//   flow.close();                // the connection may idle out now
//
// `seenBy(target)` is where that server sees us behind NATs, for a Contact that it can reach.

export { TokenBucket } from '../../base/token-bucket.ts';
export type { DropReason } from './drop-report.ts';
export type { Flow, FlowEvents } from './flow.ts';
export type {
  DatagramNetwork,
  DatagramPeer,
  DatagramSocket,
  Place,
  SendFailure,
  StreamEvents,
  StreamListener,
  StreamNetwork,
  StreamSocket,
} from './network.ts';
export { type DatagramSystem, NodeDatagramNetwork } from './node-datagram-network.ts';
export { NodeStreamNetwork } from './node-stream-network.ts';
export type { PinnedServer } from './pinned-server.ts';
export type { TlsCredentials } from './tls-context.ts';
export {
  type TransportCounters,
  TransportLayer,
  type TransportLayerOptions,
  type WireObservation,
} from './transport-layer.ts';
