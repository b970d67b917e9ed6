// The product's rules: which button rings whom, in which order, for how long; whose digits open which door.

export { AdmissionPolicy, type AdmissionRules, type AdmissionServices } from './admission.ts';
export { DoorController, type DoorServices, type DoorState } from './door-controller.ts';
export type { TamperMemory } from './tamper.ts';
