// What a device tells its server of the profile that it has: a header field of its SUBSCRIBE and of its HTTP requests.
// A profile that was refused or taken back is no secret between the two; its values are not in it.

/** Name of the header field. */
export const REPORT_HEADER = 'Doorphone-Profile';

export const VERDICTS = ['none', 'applied', 'proving', 'waiting', 'rejected', 'rolled-back'] as const;
export type ReportedVerdict = (typeof VERDICTS)[number];

/** How it stands with a device. */
export interface ProfileReport {
  /** Of the profile in force; undefined: none. */
  readonly serial?: number;
  /** What became of the last one that came. */
  readonly verdict: ReportedVerdict;
  /** The serial of that one, where it is not in force. */
  readonly refused?: number;
  /** One line for a person. */
  readonly reason?: string;
}

const LONGEST_REASON = 200;

/** Value of the header field. */
export function formatReport({ serial, verdict, refused, reason }: ProfileReport): string {
  const line = reason
    ?.replace(/[^\x20-\x7e]/g, ' ')
    .replace(/[\\"]/g, "'")
    .slice(0, LONGEST_REASON);
  return [
    verdict,
    ...(serial === undefined ? [] : [`serial=${serial}`]),
    ...(refused === undefined ? [] : [`refused=${refused}`]),
    ...(line === undefined ? [] : [`reason="${line}"`]),
  ].join(';');
}

/** Undefined where the text is no report. */
export function readReport(text: string): ProfileReport | undefined {
  const verdict = VERDICTS.find((known) => known === text.split(';', 1)[0]?.trim());
  if (verdict === undefined) return undefined;
  const number = (name: string): number | undefined => {
    const digits = new RegExp(`;\\s*${name}=(\\d{1,15})(?![^;])`).exec(text)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const [serial, refused] = [number('serial'), number('refused')];
  const reason = /;\s*reason="([\x20-\x7e]{0,200}?)"/.exec(text)?.[1];
  return {
    verdict,
    ...(serial === undefined ? {} : { serial }),
    ...(refused === undefined ? {} : { refused }),
    ...(reason === undefined ? {} : { reason }),
  };
}
