import { unlessUnresolved } from './errors';
import { definitionOf, Job } from './jobs';
import { Masking } from '../services/secrets/masking';

const REDACTED = '***';

/** As in the handlers (src/runtime/redaction.ts), on the other side of a wall. */
const MIN_LENGTH = 4;

/**
 * Values of sensitive parameters, which neither terminal nor JSON shows: of the jobs of an app, as their definitions say, and of what a run
 * was started with.
 */
export class SensitiveParameters {
  private readonly names = new Set<string>();
  private readonly forms = new Set<string>();

  constructor(jobs: readonly Job[]) {
    for (const job of jobs) {
      eachField(unlessUnresolved(() => definitionOf(job)), (name, value) => {
        if (isObject(value) && value.sensitive === true) {
          this.names.add(name);
          this.learn(value.default);
        }
      });
    }
  }

  /** Learns the values that are given by name anywhere in some data: an input, a history. */
  public learnFrom(data: unknown): this {
    if (this.names.size > 0) {
      eachField(data, (name, value) => this.names.has(name) && this.learn(value));
    }
    return this;
  }

  public hide(text: string): string {
    return [...this.forms].sort((a, b) => b.length - a.length).reduce((shown, form) => shown.replaceAll(form, REDACTED), text);
  }

  /** Hides the values that are known by now in bytes that come in parts, too. */
  public masking(): Masking {
    return new Masking([...this.forms]);
  }

  /** A copy of some JSON data: what is a value by its name goes, however short it is. */
  public hideIn(data: object): unknown {
    this.learnFrom(data);
    return JSON.parse(JSON.stringify(data, (name, value: unknown) => {
      const isValue = this.names.has(name) && ['string', 'number', 'boolean'].includes(typeof value);
      return isValue ? REDACTED : typeof value === 'string' ? this.hide(value) : value;
    }));
  }

  private learn(value: unknown): void {
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    if (text.length >= MIN_LENGTH) {
      const base64 = Buffer.from(text).toString('base64').replace(/=+$/, '');
      [text, JSON.stringify(text).slice(1, -1), base64].forEach((form) => this.forms.add(form));
    }
  }
}

function eachField(data: unknown, visit: (name: string, value: unknown) => void): void {
  if (typeof data === 'object' && data !== null) {
    for (const [name, value] of Object.entries(data)) {
      visit(name, value);
      eachField(value, visit);
    }
  }
}

function isObject(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null;
}
