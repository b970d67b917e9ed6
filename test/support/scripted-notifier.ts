// A notifier and a watcher by hand: the NOTIFYs that a test sends to a subscription of ours, the SUBSCRIBEs that it sends
// to us.

import type { SipRequest } from '../../src/sip/message/types.ts';
import type { Place, ScriptedPhone } from './scripted-phone.ts';

type HeaderList = readonly (readonly [name: string, value: string])[];

export interface NotifyTexts {
  /** Value of Subscription-State; an empty one leaves the header out. */
  readonly state: string;
  readonly sequence?: number;
  /** The notifier's tag. */
  readonly tag?: string;
  readonly event?: string;
  readonly callId?: string;
  readonly headers?: HeaderList;
  readonly body?: string;
  readonly type?: string;
}

/** Sends a NOTIFY for a SUBSCRIBE that came. */
export function notify(phone: ScriptedPhone, subscribe: SipRequest, to: Place, texts: NotifyTexts): void {
  const { state, sequence = 1, tag = 'notifier-tag', event = subscribe.headers.get('Event') ?? '' } = texts;
  const contacts = subscribe.addresses('Contact');
  const uri = contacts.ok ? contacts.value[0]?.uri : undefined;
  const request = phone.make('NOTIFY', {
    uri: uri ?? 'sip:door@10.0.0.9',
    from: `<sip:notifier@${phone.place.address}>;tag=${tag}`,
    to: `<sip:door@10.0.0.9>;tag=${subscribe.fromTag ?? ''}`,
    callId: texts.callId ?? subscribe.callId,
    sequence,
    headers: [
      ['Contact', phone.contact],
      ['Event', event],
      ...(state === '' ? [] : [['Subscription-State', state] as const]),
      ...(texts.headers ?? []),
    ],
    ...(texts.body === undefined ? {} : { sdp: texts.body, type: texts.type ?? 'application/reginfo+xml' }),
  });
  phone.send(request, to);
}

export interface SubscribeTexts {
  readonly callId?: string;
  readonly sequence?: number;
  readonly event?: string;
  readonly expires?: string;
  readonly toTag?: string;
  readonly contact?: string;
  readonly fromTag?: string;
  readonly headers?: HeaderList;
  readonly body?: string;
}

/** Sends a SUBSCRIBE to the door at `to`. */
export function subscribeTo(phone: ScriptedPhone, to: Place, texts: SubscribeTexts = {}): SipRequest {
  const { callId = 'watch-1@phone', sequence = 1, event = 'dialog', expires = '3600', toTag } = texts;
  const { fromTag = 'watcher-tag' } = texts;
  const request = phone.make('SUBSCRIBE', {
    uri: 'sip:door@10.0.0.9',
    from: `<sip:watcher@${phone.place.address}>;tag=${fromTag}`,
    to: `<sip:door@10.0.0.9>${toTag === undefined ? '' : `;tag=${toTag}`}`,
    callId,
    sequence,
    headers: [
      ['Contact', texts.contact ?? phone.contact],
      ...(event === '' ? [] : [['Event', event] as const]),
      ...(expires === '' ? [] : [['Expires', expires] as const]),
      ...(texts.headers ?? []),
    ],
    ...(texts.body === undefined ? {} : { sdp: texts.body, type: 'application/simple-filter+xml' }),
  });
  phone.send(request, to);
  return request;
}
