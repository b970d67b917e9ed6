// RFC 6665: event packages, both roles; RFC 3903: publication.

export type { EventBody, EventEnvironment, HeaderList } from './environment.ts';
export { EventDialog } from './event-dialog.ts';
export type { EventPackage, SubscriptionRecord, Watch, WatchRefusal, WatchRequest } from './event-package.ts';
export { type Notification, readNotification, refuseEventBody } from './notification.ts';
export { Notifier, type NotifierOptions, type WatchedIdentity, type WatcherLimits } from './notifier.ts';
export type { DialogParty, DialogState } from './packages/dialog-info.ts';
export { type DialogDetail, DialogPackage, type DialogSource } from './packages/dialog-package.ts';
export { MESSAGE_SUMMARY_TYPE, type MessageSummary, readMessageSummary } from './packages/message-summary.ts';
export { PresencePackage, type PresenceSource, writePidf } from './packages/presence-package.ts';
export { REGINFO_TYPE, type RegistrationInfo, readReginfo } from './packages/reginfo.ts';
export { Publication, type PublicationOptions } from './publication.ts';
export { type PublishOperation, sendPublish } from './publish-request.ts';
export type { SubscriptionEnd } from './resubscription.ts';
export { Subscription, type SubscriptionEvents, type SubscriptionStatus } from './subscription.ts';
export { SubscriptionPlan, type SubscriptionPlanOptions } from './subscription-plan.ts';
export { type EventUsage, UsageTable } from './usage-table.ts';
