// What is wrong with one value, and the mend: the two halves of every message, before a place in a file is known.

/** No secret may stand in it. */
export interface Complaint {
  readonly what: string;
  readonly mend: string;
}

export const complaint = (what: string, mend: string): Complaint => ({ what, mend });

/** The schema library carries one text for each issue; the halves are kept apart by a character no message holds. */
const SEPARATOR = '\u001f';

export const encodeComplaint = ({ what, mend }: Complaint): string => `${what}${SEPARATOR}${mend}`;

/** Undefined when the text is not an encoded complaint but the library's own. */
export function decodeComplaint(text: string): Complaint | undefined {
  const at = text.indexOf(SEPARATOR);
  return at < 0 ? undefined : { what: text.slice(0, at), mend: text.slice(at + 1) };
}
