import { CfnResource, DefaultTokenResolver, IPostProcessor, IResolvable, IResolveContext, Lazy, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { SharedTextReference } from './shared-text';

/**
 * JSON that CDK has made, in which what only a deployment knows stays within its string. CDK puts such a value between quotes as it is: one
 * that has a quote itself, as the value of an SSM parameter may, would end the string, and go on with fields of its own.
 *
 * CloudFormation has no function that escapes, but it can split a text at every quote and join it again with an escaped one. A control
 * character other than line feed, carriage return and tab makes no JSON, which every service refuses.
 *
 * @param json as `jsonWithTokens` or `Stack.toJsonString` returns it
 */
export function deployTimeJson(json: string): string {
  // The template and the tree of constructs ask for the same. CDK looks for references before it writes either; what was asked before that may yet change.
  let written: Map<Stack, unknown> | undefined;
  return Token.asString(Lazy.uncachedAny({
    produce: (context) => {
      if (context.preparing) {
        written = new Map();
        return context.resolve(json);
      }
      const stack = Stack.of(context.scope);
      const value = written?.get(stack) ?? escapeTokens(json, context.scope);
      written?.set(stack, value);
      return value;
    },
  }));
}

function escapeTokens(json: string, scope: IConstruct): unknown {
  const harmless = new HarmlessTokens();
  const resolved: unknown = Tokenization.resolve(json, { scope, preparing: false, resolver: harmless });
  if (JSON.stringify(resolved).includes('{{resolve:')) {
    throw new Error(`what a job hands to its handlers must have no dynamic reference, whose value CloudFormation would put into JSON as it is: ${USE_PARAMETER}`);
  }
  return escape(resolved, harmless);
}

/**
 * JSON of a value, in which CDK has to put together only what it does not know: it would do so with all of the value, each time that it looks
 * for references, writes the template, or the tree of constructs.
 */
export function jsonWithTokens(scope: IConstruct, value: unknown): string {
  // Every name of aws-cdk-lib is looked up anew where it stands: here that would be once for each value.
  const { isUnresolved } = Token;
  const json = (part: unknown): string => {
    if (isUnresolved(part)) {
      return Stack.of(scope).toJsonString(part);
    }
    if (Array.isArray(part)) {
      return `[${part.map(json).join(',')}]`;
    }
    if (typeof part === 'object' && part !== null) {
      const fields = Object.entries(part).filter(([, field]) => field !== undefined);
      return `{${fields.map(([name, field]) => `${json(name)}:${json(field)}`).join(',')}}`;
    }
    return JSON.stringify(part);
  };
  return json(value);
}

/** What to use instead of a dynamic reference, `{{resolve:ssm:…}}`: CloudFormation fills it in last, after all functions. */
export const USE_PARAMETER = 'use StringParameter.valueForStringParameter, which becomes a parameter of the template, got {{resolve:…}}';

/** What CloudFormation replaces with, from the inside out. It fills in a dynamic reference that is the value of a parameter, too. */
const ESCAPES = [['\\', '\\\\'], ['"', '\\"'], ['\n', '\\n'], ['\r', '\\r'], ['\t', '\\t'], ['{', '\\u007b']];

function escape(value: unknown, harmless: HarmlessTokens): unknown {
  if (harmless.has(value)) {
    return value;
  }
  const [delimiter, items] = joined(value) ?? [];
  return delimiter === '' && Array.isArray(items) ? { 'Fn::Join': ['', items.map((item) => escape(item, harmless))] }
    : ESCAPES.reduce((text: unknown, [from, to]) => ({ 'Fn::Join': [to, { 'Fn::Split': [from, text] }] }), value);
}

function joined(value: unknown): [string, unknown] | undefined {
  return (value as { 'Fn::Join'?: [string, unknown] } | null)?.['Fn::Join'];
}

/**
 * Resolves tokens, and remembers those that have nothing to escape: what AWS names itself, and what is known at synth.
 */
class HarmlessTokens extends DefaultTokenResolver {
  private readonly resolved = new Set<string>();

  constructor() {
    super({ join: (left, right) => join([left, right].filter((part) => part !== undefined).flatMap((part) => joined(part)?.[0] === '' ? joined(part)![1] : [part])) });
  }

  public override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    const value: unknown = super.resolveToken(token, context, postProcessor);
    if (token instanceof SharedTextReference || (Reference.isReference(token) && isNamedByAws(token))) {
      this.resolved.add(JSON.stringify(value));
    }
    return value;
  }

  /** Also of functions that only take apart or join what is harmless. */
  public has(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) {
      return true;
    }
    if (Array.isArray(value)) {
      return value.every((item) => this.has(item));
    }
    const [[name, argument] = []] = Object.entries(value);
    return this.resolved.has(JSON.stringify(value))
      || (name === 'Ref' && String(argument).startsWith('AWS::'))
      || (['Fn::Join', 'Fn::Select', 'Fn::Split'].includes(name!) && this.has(argument));
  }
}

/** Whether a text, as far as only a deployment knows it, is made of what AWS names itself: there is nothing to escape. */
export function isHarmless(text: string): boolean {
  return Tokenization.reverseString(text).tokens.every((token) => Reference.isReference(token) && isNamedByAws(token));
}

/** Custom resources, and the outputs of nested stacks, may have any name and any attribute. That of CDK which writes JSON has done so. */
function isNamedByAws({ target, displayName }: Reference): boolean {
  return CfnResource.isCfnResource(target) && (/^AWS::(?!CloudFormation::)/.test(target.cfnResourceType)
    ? displayName === 'Ref' || displayName.endsWith('Arn')
    : target.cfnResourceType.startsWith('Custom::AWSCDKCfnJson'));
}

/** As CDK does it: texts that follow each other are one. */
function join(parts: unknown): unknown {
  const merged = (parts as unknown[]).reduce<unknown[]>((all, part) => typeof part === 'string' && typeof all.at(-1) === 'string'
    ? [...all.slice(0, -1), `${all.at(-1)}${part}`] : [...all, part], []);
  return merged.length === 1 ? merged[0] : { 'Fn::Join': ['', merged] };
}
