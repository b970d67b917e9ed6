// RFC 3261 §18: transports.

export { TokenBucket } from '../../base/token-bucket.ts';
export type { DropReason } from './drop-report.ts';
export type {
  DatagramNetwork,
  DatagramSocket,
  Place,
  SendFailure,
  StreamEvents,
  StreamListener,
  StreamNetwork,
  StreamSocket,
} from './network.ts';
export { NodeDatagramNetwork } from './node-datagram-network.ts';
export { NodeStreamNetwork } from './node-stream-network.ts';
export type { TlsCredentials } from './tls-context.ts';
export {
  type TransportCounters,
  TransportLayer,
  type TransportLayerOptions,
  type WireObservation,
} from './transport-layer.ts';
