// What the two ends of auto-provisioning by SIP have in common: the event package and what its notifications carry.

export { PROFILE_TYPES, type ProfileType } from '../../config/index.ts';
export {
  BARE_URL,
  EXTERNAL_BODY,
  GRANDSTREAM_URL,
  type IndirectContent,
  readIndirection,
  writeIndirection,
} from './content-indirection.ts';
export { deviceUriAt } from './device-uri.ts';
export { macOfUser, PNP_SPELLINGS, readMac } from './mac.ts';
export { PNP_GROUP, PNP_PORT } from './pnp.ts';
export {
  type DeviceKind,
  deviceProfileUri,
  formatProfileEvent,
  localNetworkUri,
  macOfUrn,
  PROFILE_EVENT,
  type ProfileEvent,
  readEffectiveBy,
  readProfileEvent,
  urnOfMac,
  urnOfUser,
} from './profile-event.ts';
export {
  formatReport,
  type ProfileReport,
  REPORT_HEADER,
  type ReportedVerdict,
  readReport,
  VERDICTS,
} from './report.ts';
