// RFC 3261 §12: dialogs.

export {
  Dialog,
  type DialogId,
  type DialogRecord,
  type RequestContent,
  type RoutedRequest,
  SEQUENCE_GAP,
} from './dialog.ts';
export { type KnownPlaces, livesAt } from './dialog-place.ts';
export { HeardFrom } from './heard-from.ts';
export { formatReplaces, isDialog, parseReplaces, type ReplacedDialog, targetDialogOf } from './replaces.ts';
export { isLooseRouter, type Routing, routeRequest } from './route-set.ts';
export { asksForSips, asSips, isSips, wantsSips } from './sips.ts';
