// RFC 3261 §10: registrations.

export type { KeptFlow, OpenFlow } from './flow-holder.ts';
export type { Grant } from './grant.ts';
export type { Hop } from './register-writer.ts';
export { Registration, type RegistrationOptions } from './registration.ts';
export type { BindingState, FlowState, LiveFlow, RegistrationReport } from './state.ts';
