// Configuration: one schema, a YAML file checked against it with line and column, secrets by reference.

export {
  type AddonData,
  type BoardData,
  type BoardPin,
  type FileText,
  parseAddon,
  parseBoard,
  withAddons,
} from './board-data.ts';
export { type CardNumber, maskedCard, readCardNumber } from './card-number.ts';
export { compareConfigurations, type Difference } from './compare.ts';
export { type Complaint, complaint, decodeComplaint } from './complaint.ts';
export { formatDuration, parseDuration } from './duration.ts';
export type { FirmwareOffer } from './firmware.ts';
export { describeKeysInTheClear } from './key-exposure.ts';
export { type PlacedLayer, parseLayer } from './layer.ts';
export { loadConfiguration, readConfigurationFile, readSmallFile } from './load.ts';
export { mergeLayers } from './merge.ts';
export { moduleOf, modulePlaceOf, readModulePlace } from './module-places.ts';
export { parseAddressPort, parseListenAddress } from './network.ts';
export { checkValues, formatFault, parseConfiguration } from './parse.ts';
export {
  type Layer,
  type LayeredOutcome,
  type LayersOutcome,
  type LayerText,
  type ProfileConditions,
  type ProfileLayer,
  parseWithProfile,
  parseWithProfiles,
} from './profile.ts';
export { readScanCode } from './references-serial.ts';
export { defaultProvisioning, slug } from './resolve.ts';
export { PROFILE_TYPES } from './schema-provisioning.ts';
export { readSecrets } from './secrets.ts';
export { isTable } from './structure.ts';
export * from './types.ts';
export { readText, SecretReference, secret } from './values.ts';
