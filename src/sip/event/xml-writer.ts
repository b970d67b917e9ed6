// XML 1.0 as the bodies of event packages need it: elements, attributes, text.

/** An element; what is undefined is left out. */
export interface XmlElement {
  readonly name: string;
  readonly attributes?: { readonly [name: string]: string | number | undefined };
  readonly children?: readonly (XmlElement | string | undefined)[];
}

/** Writes a document in UTF-8. */
export function writeXml(root: XmlElement): Buffer {
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${writeElement(root)}\n`, 'utf8');
}

function writeElement({ name, attributes = {}, children = [] }: XmlElement): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeXml(String(value))}"`],
  );
  const inside = children.map((child) => {
    if (child === undefined) return '';
    return typeof child === 'string' ? escapeXml(child) : writeElement(child);
  });
  const start = `<${name}${written.join('')}`;
  return inside.join('') === '' ? `${start}/>` : `${start}>${inside.join('')}</${name}>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text and attribute values. Characters that XML 1.0 does not have (§2.2) become U+FFFD: peers choose display names. */
function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, (character) => ('\t\n\r'.includes(character) ? ' ' : '\uFFFD'))
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
