/**
 * SSM replaces `{{ … }}` wherever it stands in a document: the service refuses names that it does not know, and the agent takes
 * `{{ Name }}` for a parameter and `{{ssm:name}}` for a value of Parameter Store (amazon-ssm-agent: docparser). A script that
 * has braces of its own (docker formats, Jinja) therefore gets tildes between them, which come out again on the instance.
 */
export interface SeparatedText {
  readonly text: string;
  /** What was put in; empty if there was nothing to separate. */
  readonly tildes: string;
}

/** Between two braces, if nothing but tildes stands there. */
export const BETWEEN_BRACES = /(?<=\{)~*(?=\{)/g;

/**
 * Puts tildes into every empty place that the expression matches: as few as no such place has already, so that whoever takes
 * out exactly these restores the text.
 *
 * @param places matches the tildes that stand at a place, or nothing
 */
export function separate(text: string, places: RegExp): SeparatedText {
  const lengths = Array.from(text.matchAll(places), ([found]) => found.length);
  if (!lengths.includes(0)) {
    return { text, tildes: '' };
  }
  const tildes = '~'.repeat(1 + lengths.reduce((longest, length) => Math.max(longest, length), 0));
  return { text: text.replace(places, (found) => found || tildes), tildes };
}
