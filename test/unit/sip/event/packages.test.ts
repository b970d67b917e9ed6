// Bodies of event packages that peers send: what they say, and what they may not cost.

import { describe, expect, it } from 'vitest';
import { readMessageSummary } from '../../../../src/sip/event/packages/message-summary.ts';
import { readReginfo } from '../../../../src/sip/event/packages/reginfo.ts';
import { readXml } from '../../../../src/sip/event/xml-reader.ts';
import { writeXml } from '../../../../src/sip/event/xml-writer.ts';

const xml = (text: string) => readXml(Buffer.from(text));

describe('XML that peers send', () => {
  it('is read with its namespaces, entities and CDATA', () => {
    const read = xml(
      '\uFEFF<?xml version="1.0"?><!-- note --><p:a xmlns:p="urn:p" xmlns="urn:d" k="1 &amp; 2" p:x="y">' +
        "t &#65;&#x42;&lt;<b q='\"'/><![CDATA[<raw>]]></p:a>\n",
    );
    expect(read.ok && [read.value.name, read.value.namespace, read.value.text]).toEqual(['a', 'urn:p', 't AB<<raw>']);
    expect(read.ok && Object.fromEntries(read.value.attributes)).toEqual({ k: '1 & 2' });
    expect(read.ok && read.value.children.map(({ name, namespace }) => [name, namespace])).toEqual([['b', 'urn:d']]);
  });

  it.each([
    ['a document type', '<!DOCTYPE a><a/>'],
    ['a bomb of entities', '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>'],
    ['a file of ours', '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>'],
    ['an entity that is none', '<a>&b;</a>'],
    ['half an entity', '<a>&</a>'],
    ['a number that is no character', '<a>&#x110000;</a>'],
    ['half of a pair', '<a>&#xD800;</a>'],
    ['nothing', ''],
    ['text', 'hello'],
    ['no end', '<a><b></b>'],
    ['ends that cross', '<a><b></a></b>'],
    ['two roots', '<a/><b/>'],
    ['text behind the root', '<a/>x'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['an attribute without quotes', '<a b=1/>'],
    ['nests a thousand deep', '<a>'.repeat(1000) + '</a>'.repeat(1000)],
    ['a hundred thousand elements', `<a>${'<b/>'.repeat(10_000)}</a>`],
    ['many attributes', `<a ${Array.from({ length: 100 }, (_, at) => `k${at}="v"`).join(' ')}/>`],
    ['too much of it', `<a>${'x'.repeat(70_000)}</a>`],
  ])('is refused: %s', (_, text) => {
    expect(xml(text).ok).toBe(false);
  });

  it.each(['<a', '<a b="', '<!--', '<![CDATA[', '<?', '<a b="1" ', '<'.repeat(20_000), `<a ${'b '.repeat(20_000)}`])(
    'that breaks off is refused soon: %#',
    (text) => {
      const began = process.hrtime.bigint();
      expect(xml(text).ok).toBe(false);
      expect(Number(process.hrtime.bigint() - began) / 1e6).toBeLessThan(1000);
    },
  );

  it('is what we write', () => {
    const read = readXml(writeXml({ name: 'a', attributes: { k: '<"&\'>' }, children: ['x\u0000y & z'] }));
    expect(read.ok && [read.value.attributes.get('k'), read.value.text]).toEqual(['<"&\'>', 'x\uFFFDy & z']);
  });
});

// RFC 3680 §5.3 and §6: the document of the example.
const REGINFO = `<?xml version="1.0"?>
  <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
           version="0" state="full">
    <registration aor="sip:user@example.com" id="as9" state="active">
      <contact id="76" state="active" event="registered" duration-registered="7322" q="0.8">
        <uri>sip:user@pc887.example.com</uri>
      </contact>
      <contact id="77" state="terminated" event="expired" duration-registered="3600" q="0.5">
        <uri>sip:user@university.edu</uri>
      </contact>
    </registration>
  </reginfo>`;

describe('reginfo (RFC 3680)', () => {
  it('lists contacts', () => {
    expect(readReginfo(Buffer.from(REGINFO))).toEqual({
      ok: true,
      value: {
        version: 0,
        full: true,
        contacts: [
          { uri: 'sip:user@pc887.example.com', state: 'active', event: 'registered' },
          { uri: 'sip:user@university.edu', state: 'terminated', event: 'expired' },
        ],
      },
    });
  });

  it.each([
    ['another namespace', REGINFO.replace('urn:ietf:params:xml:ns:reginfo', 'urn:x')],
    ['no version', REGINFO.replace('version="0"', '')],
    ['another state', REGINFO.replace('state="full"', 'state="half"')],
    ['another document', '<presence/>'],
    ['no document', 'garbage'],
  ])('is none: %s', (_, text) => {
    expect(readReginfo(Buffer.from(text)).ok).toBe(false);
  });

  it('passes over what it does not know', () => {
    const more = REGINFO.replace(
      '<contact id="77"',
      '<x:gruu xmlns:x="urn:x"/><contact id="99" state="odd"/><contact id="77"',
    );
    const read = readReginfo(Buffer.from(more));
    expect(read.ok && read.value.contacts).toHaveLength(2);
  });
});

describe('message-summary (RFC 3842)', () => {
  it.each([
    [
      'Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\nVoice-Message: 2/8 (0/2)\r\n',
      { waiting: true, voice: { new: 2, old: 8 } },
    ],
    ['Messages-Waiting: no\r\n', { waiting: false, voice: undefined }],
    ['messages-waiting : YES\nVOICE-MESSAGE:1/0\n', { waiting: true, voice: { new: 1, old: 0 } }],
    [
      'Messages-Waiting: yes\r\nVoice-Message: 99999999999/1\r\n',
      { waiting: true, voice: { new: 2 ** 32 - 1, old: 1 } },
    ],
    ['Messages-Waiting: yes\r\nFax-Message: 1/0\r\n\r\nVoice-Message: 7/7\r\n', { waiting: true, voice: undefined }],
  ])('%j', (text, value) => {
    expect(readMessageSummary(Buffer.from(text))).toEqual({ ok: true, value });
  });

  it.each(['', 'Messages-Waiting: maybe', 'Voice-Message: 1/1', `${'x'.repeat(9000)}`])('is none: %#', (text) => {
    expect(readMessageSummary(Buffer.from(text)).ok).toBe(false);
  });
});
