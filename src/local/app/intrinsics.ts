import { UnresolvedValueError } from './errors';

/** An output of another stack, as `Fn::GetStackOutput` names it. */
export interface StackOutput {
  readonly stackName: string;
  readonly outputName: string;
  /** @default - the region of the stack that asks */
  readonly region?: string;
  /**
   * The role with which the output is read: one of the account of the other stack.
   *
   * @default - the stack is in the same account
   */
  readonly roleArn?: string;
}

/** What a person can do about a value that only a deployment knows. */
export const GIVE_A_VALUE = 'for a local run, synthesize the app with a value in its place';

/** What a template's functions refer to. */
export interface IntrinsicScope {
  readonly pseudo: { readonly [name: string]: unknown };
  readonly mappings: { readonly [name: string]: { readonly [top: string]: { readonly [second: string]: unknown } } };
  /** The value of a parameter, or undefined if there is no such parameter. */
  parameter(name: string): { readonly value: unknown } | undefined;
  ref(logicalId: string): string | undefined;
  attribute(logicalId: string, name: string): string | undefined;
  condition(name: string): boolean;
  importValue(name: string): unknown;
  /** @throws UnresolvedValueError if the app has no such output */
  stackOutput(output: StackOutput): unknown;
}

type Intrinsic = (argument: unknown, scope: IntrinsicScope) => unknown;

/**
 * A value of a template as CloudFormation would have it: functions evaluated, `AWS::NoValue` gone.
 *
 * @throws UnresolvedValueError if only a deployment would know it
 */
export function resolveValue(value: unknown, scope: IntrinsicScope): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolveValue(item, scope)).filter((item) => item !== undefined);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value);
  const macro = entries.find(([name]) => isMacro(name));
  if (macro) {
    throw new UnresolvedValueError(`the local run does not carry out ${macro[0]}: ${GIVE_A_VALUE}`);
  }
  if (entries.length === 1) {
    const [[name, argument]] = entries;
    if (Object.hasOwn(INTRINSICS, name)) {
      return INTRINSICS[name](argument, scope);
    }
    if (name.startsWith('Fn::')) {
      throw new UnresolvedValueError(`the local run does not know the function ${name}: ${GIVE_A_VALUE}`);
    }
  }
  const resolved = entries.map(([name, field]) => [name, resolveValue(field, scope)] as const);
  return Object.fromEntries(resolved.filter(([, field]) => field !== undefined));
}

/** What makes other parts of a template before that is read: `Fn::ForEach::NAME` stands among what it makes. */
export function isMacro(key: string): boolean {
  return key === 'Fn::Transform' || key.startsWith('Fn::ForEach::');
}

const DYNAMIC_REFERENCE = /\{\{resolve:(?:ssm|ssm-secure|secretsmanager):[^}]*\}\}/;

/**
 * CloudFormation replaces dynamic references in whatever text a property comes to.
 *
 * @throws UnresolvedValueError if the resolved value has one
 */
export function refuseDynamicReferences(value: unknown): void {
  if (typeof value === 'string') {
    const [reference] = DYNAMIC_REFERENCE.exec(value) ?? [];
    if (reference !== undefined) {
      throw new UnresolvedValueError(`only a deployment knows what the dynamic reference ${reference} stands for: ${GIVE_A_VALUE}`);
    }
  } else if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(refuseDynamicReferences);
  }
}

const INTRINSICS: { readonly [name: string]: Intrinsic } = {
  'Ref': (argument, scope) => ref(String(argument), scope),
  'Condition': (argument, scope) =>
    typeof argument === 'string' ? scope.condition(argument) : { Condition: resolveValue(argument, scope) },
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, ...names] = Array.isArray(argument)
      ? argument.map((item) => resolveText(item, scope))
      : String(argument).split('.');
    return attribute(logicalId, names.join('.'), scope);
  },
  'Fn::Join': (argument, scope) => {
    const [separator, items] = list(argument, 'Fn::Join');
    return list(resolveValue(items, scope), 'Fn::Join').map(String).join(String(separator));
  },
  'Fn::Sub': (argument, scope) => {
    const [text, variables] = Array.isArray(argument) ? (argument as [string, object]) : [String(argument), {}];
    return substitute(text, variables, scope);
  },
  'Fn::Select': (argument, scope) => {
    const [index, items] = list(argument, 'Fn::Select');
    return list(resolveValue(items, scope), 'Fn::Select')[Number(resolveValue(index, scope))];
  },
  'Fn::Split': (argument, scope) => {
    const [separator, text] = list(argument, 'Fn::Split');
    return resolveText(text, scope).split(String(separator));
  },
  'Fn::If': (argument, scope) => {
    const [condition, yes, no] = list(argument, 'Fn::If');
    return resolveValue(scope.condition(String(condition)) ? yes : no, scope);
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map, top, second] = list(argument, 'Fn::FindInMap')
      .slice(0, 3)
      .map((item) => resolveText(item, scope));
    const value = scope.mappings[map]?.[top]?.[second];
    const [, , , options] = list(argument, 'Fn::FindInMap') as { DefaultValue?: unknown }[];
    if (value === undefined && options?.DefaultValue !== undefined) {
      return resolveValue(options.DefaultValue, scope);
    }
    if (value === undefined) {
      throw new UnresolvedValueError(`the mapping '${map}' has no value for '${top}', '${second}'`);
    }
    return value;
  },
  'Fn::Base64': (argument, scope) => Buffer.from(resolveText(argument, scope)).toString('base64'),
  'Fn::ImportValue': (argument, scope) => {
    const name = resolveText(argument, scope);
    const value = scope.importValue(name);
    if (value === undefined) {
      throw new UnresolvedValueError(`Fn::ImportValue: no stack of this app exports '${name}' in this account and region: ${GIVE_A_VALUE}`);
    }
    return value;
  },
  'Fn::GetStackOutput': (argument, scope) => {
    const { StackName, OutputName, Region, RoleArn } = resolveValue(argument, scope) as { readonly [name: string]: unknown };
    return scope.stackOutput({
      stackName: String(StackName),
      outputName: String(OutputName),
      region: Region === undefined ? undefined : String(Region),
      roleArn: RoleArn === undefined ? undefined : String(RoleArn),
    });
  },
  'Fn::ToJsonString': (argument, scope) => JSON.stringify(resolveValue(argument, scope)),
  'Fn::Length': (argument, scope) => list(resolveValue(argument, scope), 'Fn::Length').length,
  'Fn::GetAZs': (argument, scope) => {
    const region = resolveText(argument, scope) || String(scope.pseudo['AWS::Region']);
    return ['a', 'b', 'c'].map((zone) => `${region}${zone}`);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = list(argument, 'Fn::Equals').map((item) => JSON.stringify(resolveValue(item, scope)));
    return left === right;
  },
  'Fn::And': (argument, scope) => list(argument, 'Fn::And').every((item) => resolveValue(item, scope) === true),
  'Fn::Or': (argument, scope) => list(argument, 'Fn::Or').some((item) => resolveValue(item, scope) === true),
  'Fn::Not': (argument, scope) => resolveValue(list(argument, 'Fn::Not')[0], scope) !== true,
};

function ref(name: string, scope: IntrinsicScope): unknown {
  if (name === 'AWS::NoValue') {
    return undefined;
  }
  if (Object.hasOwn(scope.pseudo, name)) {
    return scope.pseudo[name];
  }
  const parameter = scope.parameter(name);
  if (parameter !== undefined) {
    return parameter.value;
  }
  const value = scope.ref(name);
  if (value === undefined) {
    throw new UnresolvedValueError(`there is no parameter and no resource '${name}'`);
  }
  return value;
}

function attribute(logicalId: string, name: string, scope: IntrinsicScope): string {
  const value = scope.attribute(logicalId, name);
  if (value === undefined) {
    throw new UnresolvedValueError(`there is no resource '${logicalId}'`);
  }
  return value;
}

function substitute(text: string, variables: object, scope: IntrinsicScope): string {
  return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, expression: string) => {
    if (literal) {
      return `\${${expression}}`;
    }
    const name = expression.trim();
    if (Object.hasOwn(variables, name)) {
      return String(resolveValue((variables as Record<string, unknown>)[name], scope));
    }
    const dot = name.indexOf('.');
    return dot < 0 ? String(ref(name, scope)) : attribute(name.slice(0, dot), name.slice(dot + 1), scope);
  });
}

function resolveText(value: unknown, scope: IntrinsicScope): string {
  return String(resolveValue(value, scope) ?? '');
}

function list(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) {
    return value;
  }
  throw new UnresolvedValueError(`${name} needs a list, got ${JSON.stringify(value)}`);
}
