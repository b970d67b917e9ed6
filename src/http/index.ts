// An HTTP client for URLs that strangers name.

export { type AddressClass, type AddressPolicy, classOf, type RedirectPolicy } from './address-policy.ts';
export type { HttpCredentials } from './authenticate.ts';
export {
  DEFAULT_HTTP_LIMITS,
  HttpClient,
  type HttpClientOptions,
  type HttpGet,
  type HttpHead,
  type HttpLimits,
  type HttpResponse,
} from './client.ts';
export type { BodySink } from './exchange.ts';
export { fault, type HttpFault, type HttpFaultCode, placeOf } from './fault.ts';
export { type HttpNetwork, NodeHttpNetwork } from './network.ts';
export type { HttpTls } from './trust.ts';
