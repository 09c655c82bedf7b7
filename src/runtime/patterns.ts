import type { RE2JS } from 're2js';

/**
 * How large a compiled pattern may be: matching takes time in proportion to it and to the value. `[a-z ,]{1,200}` has a size of 400.
 */
const MAX_PROGRAM_SIZE = 10_000;

/** Characters of a pattern. */
const MAX_PATTERN_LENGTH = 4_000;

/** What `\s` stands for in ECMAScript; in RE2 it is ASCII only. */
const BLANKS = '\\t-\\r\\x20\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}';
const NO_BLANKS = '\\x00-\\x08\\x0e-\\x1f\\x21-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}'
  + '\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}';
const LINE_ENDS = '\\n\\r\\x{2028}\\x{2029}';

/** What `literal` makes of a character. */
const LITERAL = /^\\x\{[\da-f]+\}$/;

const CONTROL_ESCAPES = new Map([['t', '\t'], ['n', '\n'], ['v', '\v'], ['f', '\f'], ['r', '\r'], ['0', '\0']]);

/** Thrown where a pattern breaks a rule, which is the message. */
class PatternError extends Error {}

/**
 * The rule that a pattern of a parameter breaks, or undefined. What keeps to the rules means to a run what it means in ECMAScript
 * with the flag `u`, and takes linear time to match: an engine that goes back and tries again can be kept busy for years.
 */
export function brokenPatternRule(pattern: string): string | undefined {
  try {
    compile(pattern);
    return undefined;
  } catch (error) {
    return ruleOf(error);
  }
}

/**
 * Whether a whole value matches a pattern. Nothing matches a pattern that breaks a rule: settings of earlier releases may have one.
 */
export function matchesWhole(pattern: string, value: string): boolean {
  try {
    return compile(pattern).testExact(value);
  } catch (error) {
    ruleOf(error);
    return false;
  }
}

function ruleOf(error: unknown): string {
  if (error instanceof PatternError) {
    return error.message;
  }
  throw error;
}

function compile(pattern: string): RE2JS {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new PatternError(`must not be longer than ${MAX_PATTERN_LENGTH} characters`);
  }
  const source = new Translation(pattern, compilesWithUnicode(pattern)).source;
  const compiled = compileSource(source);
  if (compiled.programSize() > MAX_PROGRAM_SIZE) {
    throw new PatternError(`must not be so large: it compiles to ${compiled.programSize()} steps, and ${MAX_PROGRAM_SIZE} are allowed`);
  }
  return compiled;
}

function compileSource(source: string): RE2JS {
  try {
    return engine().compile(source);
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('RE2JS')) {
      throw new PatternError(`must be a regular expression that RE2 knows, too (${error.message})`);
    }
    throw error;
  }
}

/** Loaded where there is a pattern: it takes as long as all else that a handler loads, and most jobs have none. */
function engine(): typeof RE2JS {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at once, a dynamic one is not synchronous
  const { RE2JS: loaded } = require('re2js') as typeof import('re2js');
  return loaded;
}

/** Some patterns in use, such as `[\w-.]`, compile only without the flag `u`. */
function compilesWithUnicode(pattern: string): boolean {
  for (const flags of ['u', '']) {
    try {
      new RegExp(pattern, flags);
      return flags === 'u';
    } catch (error) {
      if (!(error instanceof SyntaxError)) {
        throw error;
      }
    }
  }
  throw new PatternError('must be a regular expression');
}

/**
 * A pattern of ECMAScript in the words of RE2, which has the same ones for different things: `.`, `\s`, `\z`, `[[:alpha:]]`, … Only what
 * both mean alike is taken over; characters are written as numbers. Whoever asks has compiled the pattern: its syntax is right.
 */
class Translation {
  public readonly source: string;
  private position = 0;

  /** @param isUnicode whether it compiles with the flag `u`: without, there are more ways to write a character */
  constructor(private readonly pattern: string, private readonly isUnicode: boolean) {
    let source = '';
    while (this.position < pattern.length) {
      source += this.next();
    }
    this.source = `\\A(?:${source})\\z`;
  }

  private next(): string {
    const quantifier = this.take(/[*+?]\??|\{\d+(,\d*)?\}\??/y);
    if (quantifier !== undefined) {
      return checkedQuantifier(quantifier);
    }
    if (this.take(/\(\?:|\(\?<(?![=!])[^>]*>|\((?!\?)/y) !== undefined) {
      return '(?:';
    }
    const look = this.take(/\(\?<?[=!]/y);
    if (look !== undefined) {
      throw new PatternError(`must not look ahead or behind (${look}), which takes more than linear time`);
    }
    const flags = this.take(/\(\?/y);
    if (flags !== undefined) {
      throw new PatternError('must not set flags');
    }
    if (this.take(/\[/y) !== undefined) {
      return this.characterClass();
    }
    const one = this.take(/\\[bB]|[|)]/y);
    if (one !== undefined) {
      return one;
    }
    if (this.take(/\./y) !== undefined) {
      return `[^${LINE_ENDS}]`;
    }
    const anchor = this.take(/[\^$]/y);
    if (anchor !== undefined) {
      return anchor === '^' ? '\\A' : '\\z';
    }
    const set = this.set();
    return set === undefined ? literal(this.character(false)) : `[${set}]`;
  }

  /** After its `[`. */
  private characterClass(): string {
    const negation = this.take(/\^/y) ?? '';
    let items = '';
    while (this.take(/\]/y) === undefined) {
      const first = this.classItem();
      if (this.take(/-(?!\])/y) === undefined) {
        items += first;
        continue;
      }
      const last = this.classItem();
      // Without the flag `u`, a dash next to a set is one.
      items += [first, last].every((item) => LITERAL.test(item)) ? `${first}-${last}` : `${first}${literal('-')}${last}`;
    }
    if (items === '') {
      return negation === '' ? '[^\\x00-\\x{10ffff}]' : '[\\x00-\\x{10ffff}]';
    }
    return `[${negation}${items}]`;
  }

  private classItem(): string {
    return this.set() ?? literal(this.character(true));
  }

  /** What stands for many characters, as it stands in a class. */
  private set(): string | undefined {
    const perl = this.take(/\\[dDwWsS]/y);
    if (perl !== undefined) {
      return perl === '\\s' ? BLANKS : perl === '\\S' ? NO_BLANKS : perl;
    }
    if (!this.isUnicode) {
      return undefined;
    }
    const property = this.take(/\\[pP]\{[^}]*\}/y);
    return property?.replace(/\{(General_Category|gc|Script|sc)=/, '{');
  }

  private character(isInClass: boolean): string {
    const pair = this.isUnicode ? this.take(/\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}/y) : undefined;
    if (pair !== undefined) {
      return String.fromCharCode(Number.parseInt(pair.slice(2, 6), 16), Number.parseInt(pair.slice(8), 16));
    }
    const number = this.take(this.isUnicode ? /\\u\{[\da-fA-F]+\}|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}/y : /\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}/y);
    if (number !== undefined) {
      return String.fromCodePoint(Number.parseInt(number.replace(/[\\ux{}]/g, ''), 16));
    }
    const control = this.take(/\\c[A-Za-z]/y);
    if (control !== undefined) {
      return String.fromCharCode(control.charCodeAt(2) % 32);
    }
    const reference = this.take(/\\([1-9]\d*|0\d+|k)/y);
    if (reference !== undefined) {
      throw new PatternError(`must not refer to what matched before (${reference}), which takes more than linear time`);
    }
    const escaped = this.take(/\\[^]/uy);
    if (escaped === undefined) {
      return this.take(/[^]/uy)!;
    }
    if (!this.isUnicode && /[cpPuxbB]/.test(escaped[1]) && !(isInClass && escaped === '\\b')) {
      throw new PatternError(`must not have ${escaped} without what belongs to it`);
    }
    return escaped === '\\b' ? '\b' : CONTROL_ESCAPES.get(escaped[1]) ?? escaped.slice(1);
  }

  /** @returns what stands here, undefined if it does not match */
  private take(expression: RegExp): string | undefined {
    expression.lastIndex = this.position;
    const [found] = expression.exec(this.pattern) ?? [];
    this.position += found?.length ?? 0;
    return found;
  }
}

function checkedQuantifier(quantifier: string): string {
  if ((quantifier.match(/\d+/g) ?? []).some((count) => Number(count) > 1000)) {
    throw new PatternError(`must not repeat anything more than 1000 times (${quantifier})`);
  }
  return quantifier;
}

function literal(character: string): string {
  return `\\x{${character.codePointAt(0)!.toString(16)}}`;
}
