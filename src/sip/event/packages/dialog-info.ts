// application/dialog-info+xml, written (RFC 4235 §4).

import type { EventBody } from '../environment.ts';
import { writeXml, type XmlElement } from '../xml-writer.ts';

export const DIALOG_INFO_TYPE = 'application/dialog-info+xml';

/** Who is at one end of a dialog. */
export interface DialogParty {
  readonly uri: string;
  readonly displayName?: string | undefined;
  /** Contact. */
  readonly target?: string | undefined;
}

/** One dialog, or half of one, by the state machine of RFC 4235 §3.7.1. */
export interface DialogState {
  /** Unique among those that are up, and the same as long as this one is. */
  readonly id: string;
  readonly callId: string;
  readonly localTag: string;
  /** Undefined while nobody has answered with one. */
  readonly remoteTag: string | undefined;
  readonly direction: 'initiator' | 'recipient';
  readonly state: 'trying' | 'proceeding' | 'early' | 'confirmed' | 'terminated';
  /** How it ended. */
  readonly event?: 'cancelled' | 'rejected' | 'replaced' | 'local-bye' | 'remote-bye' | 'error' | 'timeout' | undefined;
  /** The status that ended it. */
  readonly code?: number | undefined;
  readonly local: DialogParty;
  readonly remote: DialogParty;
  /** The dialog whose place this one has taken (§4.1.4). */
  readonly replaces?: { readonly callId: string; readonly localTag: string; readonly remoteTag: string } | undefined;
}

/** That there is a call, and nothing else of it (§3.7.2). */
export interface VirtualDialog {
  readonly id: string;
  readonly state: 'confirmed' | 'terminated';
}

/** What a document says. */
export interface DialogInfo {
  readonly version: number;
  readonly state: 'full' | 'partial';
  /** The observed user. */
  readonly entity: string;
  readonly dialogs: readonly (DialogState | VirtualDialog)[];
}

/** §4.1. */
export function writeDialogInfo({ version, state, entity, dialogs }: DialogInfo): EventBody {
  const data = writeXml({
    name: 'dialog-info',
    attributes: { xmlns: 'urn:ietf:params:xml:ns:dialog-info', version, state, entity },
    children: dialogs.map((dialog) => ('callId' in dialog ? dialogElement(dialog) : virtualElement(dialog))),
  });
  return { type: DIALOG_INFO_TYPE, data };
}

/** §4.1.1: elements in the order of the schema (§4.4). */
function dialogElement(dialog: DialogState): XmlElement {
  const { id, callId, localTag, remoteTag, direction, replaces } = dialog;
  return {
    name: 'dialog',
    attributes: { id, 'call-id': callId, 'local-tag': localTag, 'remote-tag': remoteTag, direction },
    children: [
      { name: 'state', attributes: { event: dialog.event, code: dialog.code }, children: [dialog.state] },
      replaces && {
        name: 'replaces',
        attributes: {
          'call-id': replaces.callId,
          'local-tag': replaces.localTag,
          'remote-tag': replaces.remoteTag,
        },
      },
      partyElement('local', dialog.local),
      partyElement('remote', dialog.remote),
    ],
  };
}

/** §3.6. */
function virtualElement({ id, state }: VirtualDialog): XmlElement {
  return { name: 'dialog', attributes: { id }, children: [{ name: 'state', children: [state] }] };
}

/**
 * §4.1.6. The text names the attribute of a name `display`, the schema `display-name`: implementations read the first.
 */
function partyElement(name: 'local' | 'remote', { uri, displayName, target }: DialogParty): XmlElement {
  return {
    name,
    children: [
      { name: 'identity', attributes: { display: displayName }, children: [uri] },
      target === undefined ? undefined : { name: 'target', attributes: { uri: target } },
    ],
  };
}
