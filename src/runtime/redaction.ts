import { JobSettings } from '../protocol';
import { visible } from '../protocol/text';

/** What stands in place of a sensitive value. */
const REDACTED = '***';

/**
 * Characters. A shorter value stays where the program prints it: it would be found in words and numbers that have nothing to do with it,
 * and a text full of asterisks helps nobody and tells what the value is.
 */
const MIN_LENGTH = 4;

/** The names of the job's parameters whose values nothing may quote. */
export function sensitiveNames({ parameters }: Pick<JobSettings, 'parameters'>): string[] {
  return Object.keys(parameters).filter((name) => parameters[name].sensitive);
}

/** Takes sensitive values out of what programs and services say. */
export class Redaction {
  /** @param values those of a run, by the names of the parameters */
  public static of(job: Pick<JobSettings, 'parameters'>, values: ReadonlyMap<string, string>): Redaction {
    return new Redaction(sensitiveNames(job).flatMap((name) => values.get(name) ?? []));
  }

  private readonly forms: string[];
  private readonly anyForm?: RegExp;
  private readonly anyWord?: RegExp;

  constructor(values: string[]) {
    const long = values.filter((value) => value.length >= MIN_LENGTH).flatMap(formsOf);
    this.forms = [...new Set(long)].sort((a, b) => b.length - a.length);
    this.anyForm = oneOf(this.forms);
    const short = values.filter((value) => value !== '' && value.length < MIN_LENGTH).flatMap((value) => [value, base64(value)]);
    this.anyWord = oneOf(short, '(?<![A-Za-z0-9+/])', '(?![A-Za-z0-9+/])');
  }

  public text(text: string): string {
    return this.anyForm ? text.replace(this.anyForm, REDACTED) : text;
  }

  /**
   * A part of an output: what is left of a value that was cut at its beginning or at its end goes, too.
   *
   * @param endMark matches what says that the end was cut: it follows what is left of the value
   */
  public excerpt(excerpt: string, endMark: RegExp): string {
    const text = this.text(excerpt);
    const [mark = ''] = endMark.exec(text.slice(-100)) ?? [];
    const body = text.slice(0, text.length - mark.length).trimEnd();
    const start = this.longestPart((part, form) => body.startsWith(form.slice(-part)));
    const end = this.longestPart((part, form) => body.endsWith(form.slice(0, part)));
    if (start + end >= body.length && start + end > 0) {
      return REDACTED + text.slice(body.length);
    }
    return (start > 0 ? REDACTED : '') + body.slice(start, body.length - end) + (end > 0 ? REDACTED : '') + text.slice(body.length);
  }

  /**
   * Takes the values out of an error of a service, which may quote what it was sent: short ones, too, where they are words. It stays the same
   * error, because others decide by its kind.
   */
  public error(error: unknown): unknown {
    if (typeof error === 'object' && error !== null) {
      const fields = error as { [field: string]: unknown };
      for (const field of Object.getOwnPropertyNames(error).filter((each) => !KINDS.includes(each))) {
        const value = fields[field];
        if (typeof value === 'string') {
          const text = this.text(value);
          fields[field] = this.anyWord ? text.replace(this.anyWord, REDACTED) : text;
        }
      }
    }
    return error;
  }

  private longestPart(isThere: (part: number, form: string) => boolean): number {
    return Math.max(0, ...this.forms.map((form) => {
      for (let part = form.length - 1; part >= MIN_LENGTH; part--) {
        if (isThere(part, form)) {
          return part;
        }
      }
      return 0;
    }));
  }
}

/** Fields of an error that say what it is. */
const KINDS = ['name', 'code', 'syscall', '$fault'];

/** How a value may look where it was sent, or where a program has printed it: each line, as it is and as shells, URLs and JSON have it. */
function formsOf(value: string): string[] {
  const plain = [value, value.trim(), visible(value), ...value.split(/\r?\n/).map((line) => line.trim())];
  return plain.filter((text) => text.length >= MIN_LENGTH).flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    text.replace(/'/g, '\'\\\'\''),
    base64(text),
    // Not of half a character, of which no URL is made.
    ...(/\p{Surrogate}/u.test(text) ? [] : [encodeURIComponent(text)]),
  ]);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/=+$/, '');
}

function oneOf(texts: string[], before: string = '', after: string = ''): RegExp | undefined {
  const escaped = texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return texts.length === 0 ? undefined : new RegExp(`${before}(?:${escaped.join('|')})${after}`, 'g');
}
