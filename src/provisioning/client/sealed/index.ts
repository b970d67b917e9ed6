// Secrets for this device alone.

export { type DeviceKey, deviceKey, makeDeviceKey, SealedSecrets } from './sealed-secrets.ts';
