import { createHash } from 'node:crypto';
import { CfnMapping, Intrinsic, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** A shorter text stands where it is needed: a reference would be as long. */
const MIN_LENGTH = 300;

/** How many values CloudFormation takes in a mapping. What is more stands where it is needed. */
const MAX_VALUES = 200;

/** How a string shows a token. */
const TOKEN = /(\$\{Token\[[^\]]*\]\})/;

/**
 * Text that jobs of a stack have in common. It stands once in the template, in a mapping, and CloudFormation puts it in wherever it is
 * needed: what is deployed is the same as without, and as readable.
 *
 * A job's launcher and workflow are some 20 KB, of which 2 KB are its own. CloudFormation takes a template of 1 MB.
 */
export class SharedText extends Construct {
  private mapping?: CfnMapping;
  private readonly keys = new Set<string>();

  /**
   * The lines of a script, as a property.
   *
   * @param common Lines that scripts of other jobs have, too
   */
  public lines(lines: readonly string[], common: ReadonlySet<string>): object {
    const isCommon = (line: string) => common.has(line) && !Token.isUnresolved(line);
    const texts: unknown[] = [];
    for (let start = 0, end = 0; start < lines.length; start = end) {
      do {
        end++;
      } while (end < lines.length && isCommon(lines[end]) === isCommon(lines[start]));
      const some = lines.slice(start, end);
      const reference = isCommon(some[0]) ? this.reference('Lines', some) : undefined;
      texts.push(...reference ? [{ 'Fn::Join': ['\n', reference] }] : some);
    }
    return { 'Fn::Split': ['\n', { 'Fn::Join': ['\n', texts] }] };
  }

  /** @param text The same for several jobs, but for tokens */
  public string(text: string): string {
    return text.split(TOKEN).map((part) => {
      const reference = TOKEN.test(part) ? undefined : this.reference('Strings', part);
      return reference ? Token.asString(new SharedTextReference(reference)) : part;
    }).join('');
  }

  /** What finds a value in the mapping; none if it would not pay, or if there is no room. */
  private reference(kind: 'Lines' | 'Strings', value: string | string[]): object | undefined {
    const text = JSON.stringify(value);
    const key = createHash('sha256').update(text).digest('hex').slice(0, 10);
    if (text.length < MIN_LENGTH || (this.keys.size >= MAX_VALUES && !this.keys.has(key))) {
      return undefined;
    }
    // Made here, because CloudFormation refuses a mapping without values.
    this.mapping ??= new CfnMapping(this, 'Resource', { lazy: false });
    this.mapping.setValue(kind, key, value);
    this.keys.add(key);
    return { 'Fn::FindInMap': [this.mapping.logicalId, kind, key] };
  }
}

/** Stands for a part of a text that is known at synth. */
export class SharedTextReference extends Intrinsic {}
