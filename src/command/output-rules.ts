import { isKnown, refuse, refuseListToken } from '../validation';

/** Of a list. Each costs room in the document, and each of `requireOutput` two processes on the instance for as long as the program runs. */
const MAX_RULES = 10;

/** Characters of a rule: with `MAX_RULES` in both lists, they take some 5 KB of the document's 64 KiB. */
const MAX_RULE_LENGTH = 256;

/** How often something may be repeated: POSIX has RE_DUP_MAX, 255 at least. */
const MAX_REPETITIONS = 255;

const SPECIAL = '^.[$()|*+?{\\';
const CLASSES = ['alnum', 'alpha', 'blank', 'cntrl', 'digit', 'graph', 'lower', 'print', 'punct', 'space', 'upper', 'xdigit'];
const QUANTIFIER = /^(?:[*+?]|\{(\d{1,3})(,(\d{1,3})?)?\})/;

/**
 * Checks rules for the output of a program.
 *
 * @throws if there are none or too many, or one is no extended regular expression that means the same to every grep.
 */
export function checkOutputRules(prop: string, rules: string[] | undefined): void {
  if (rules === undefined) {
    return;
  }
  refuseListToken(prop, rules);
  if (!Array.isArray(rules) || rules.length === 0 || rules.length > MAX_RULES) {
    refuse(prop, `must be a list of 1 to ${MAX_RULES} regular expressions`, rules);
  }
  for (const rule of rules) {
    if (typeof rule !== 'string') {
      refuse(prop, 'must have strings only', rule);
    }
    if (isKnown(rule)) {
      checkRule(prop, rule);
    }
  }
}

function checkRule(prop: string, rule: string): void {
  if (rule.length > MAX_RULE_LENGTH) {
    refuse(prop, `must have expressions of at most ${MAX_RULE_LENGTH} characters (one has ${rule.length})`, rule);
  }
  if (/[\0\n\r]|\p{Surrogate}/u.test(rule)) {
    refuse(prop, 'must have expressions of one line of well-formed Unicode, without a NUL character', rule);
  }
  try {
    if (new Expression(rule).matchesEmptyLine()) {
      throw new DialectError('an empty line must not match, or every output has a line that does');
    }
  } catch (error) {
    if (!(error instanceof DialectError)) {
      throw error;
    }
    refuse(prop, `must have extended regular expressions (POSIX): ${error.message}`, rule);
  }
}

class DialectError extends Error {}

/**
 * An extended regular expression, read as POSIX defines it. What POSIX leaves undefined is refused: greps differ there, and what JavaScript
 * or Perl make of it, most of them take for something else, without a word.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap09.html#tag_09_04
 */
class Expression {
  private at = 0;

  constructor(private readonly text: string) {}

  public matchesEmptyLine(): boolean {
    const isEmptyEnough = this.readAlternatives();
    if (this.at < this.text.length) {
      throw new DialectError('a parenthesis is closed that was not opened; for the character, write \\)');
    }
    return isEmptyEnough;
  }

  /** As all that follow: reads on, and tells whether an empty line matches what was read. */
  private readAlternatives(): boolean {
    let isEmptyEnough = this.readBranch();
    while (this.text[this.at] === '|') {
      this.at++;
      isEmptyEnough = this.readBranch() || isEmptyEnough;
    }
    return isEmptyEnough;
  }

  private readBranch(): boolean {
    const start = this.at;
    let isEmptyEnough = true;
    while (this.at < this.text.length && !'|)'.includes(this.text[this.at])) {
      isEmptyEnough = this.readPiece() && isEmptyEnough;
    }
    if (this.at === start) {
      throw new DialectError('there must be something before, between and after each | and within each ( )');
    }
    return isEmptyEnough;
  }

  private readPiece(): boolean {
    const isAnchor = '^$'.includes(this.text[this.at]);
    const isEmptyEnough = this.readAtom();
    const isAscii = this.text.charCodeAt(this.at - 1) < 0x80;
    const quantifier = QUANTIFIER.exec(this.text.slice(this.at));
    if (!quantifier) {
      return isEmptyEnough;
    }
    const [all, first, isRange, last = isRange ? String(MAX_REPETITIONS) : first] = quantifier;
    if (isAnchor || !isAscii) {
      throw new DialectError(isAnchor ? 'an anchor cannot be repeated' : 'only ASCII characters can be repeated without parentheses: others are several bytes');
    }
    if (Number(first ?? 0) > Number(last ?? 0) || Number(last ?? 0) > MAX_REPETITIONS) {
      throw new DialectError(`a repetition must be {m}, {m,} or {m,n} with m and n from 0 to ${MAX_REPETITIONS}, and m no larger than n`);
    }
    this.at += all.length;
    if (/[*+?{]/.test(this.text[this.at] ?? '')) {
      throw new DialectError('what is repeated cannot be repeated again, nor lazily (*?)');
    }
    return isEmptyEnough || '*?'.includes(all) || Number(first ?? 1) === 0;
  }

  private readAtom(): boolean {
    const character = this.text[this.at++];
    switch (character) {
      case '^':
      case '$':
        return true;
      case '(':
        return this.readGroup();
      case '[':
        this.readBrackets();
        return false;
      case '\\':
        this.readEscape();
        return false;
      case '*':
      case '+':
      case '?':
      case '{':
        throw new DialectError(`${character} repeats what stands before it, and there is nothing; for the character, write \\${character}`);
      default:
        return false;
    }
  }

  private readGroup(): boolean {
    const isEmptyEnough = this.readAlternatives();
    if (this.text[this.at] !== ')') {
      throw new DialectError('a parenthesis is not closed; for the character, write \\(');
    }
    this.at++;
    return isEmptyEnough;
  }

  private readEscape(): void {
    const character = this.text[this.at++] ?? '';
    if (character === '' || !`${SPECIAL}]}/-`.includes(character)) {
      throw new DialectError(`a backslash must stand before one of ${SPECIAL}]}/- ([0-9] is for \\d, [[:space:]] for \\s, [[:alnum:]_] for \\w)`);
    }
  }

  private readBrackets(): void {
    const [all, items] = /^\^?(\]?(?:\[[:.=][^\]]*\]|(?!\[[:.=])[^\]])*)\]/.exec(this.text.slice(this.at)) ?? [];
    if (all === undefined || items === '') {
      throw new DialectError('a bracket is not closed, or has nothing in it; for the character, write \\[');
    }
    this.at += all.length;
    if (/^:.*:$/.test(items)) {
      throw new DialectError('a class must stand within brackets: [[:digit:]], not [:digit:]');
    }
    const unknown = [...items.matchAll(/\[[:.=]([^\]]*)\]/g)].find(([named, name]) => !CLASSES.some((known) => named === `[:${known}:]` && name === `${known}:`));
    if (unknown) {
      throw new DialectError(`within brackets, [ must not stand before :, . or =, but for ${CLASSES.map((name) => `[:${name}:]`).join(' ')}`);
    }
    const characters = items.replace(/\[:[a-z]+:\]/g, '');
    if (/[^\x00-\x7f]|\\/.test(characters)) {
      throw new DialectError('brackets must have ASCII characters only, and no backslash, which stands for itself there: write (a|b)');
    }
    const backwards = [...characters.matchAll(/(.)-(.)/g)].find(([, from, to]) => from > to);
    if (backwards) {
      throw new DialectError(`a range must not run backwards, as ${backwards[0]} does`);
    }
  }
}
