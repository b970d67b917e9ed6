// RFC 3261 §10: registrations.

export { type BindingState, Registration, type RegistrationOptions } from './registration.ts';
