// New versions of this program.

export { type DownloadFrom, statementOf } from './download.ts';
export { FirmwareTrial, type FirmwareTrialParts } from './firmware-trial.ts';
export { FirmwareUpdater, type FirmwareUpdaterParts } from './firmware-updater.ts';
export { PackageStore } from './package-store.ts';
