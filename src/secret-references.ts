import { CfnParameter, DefaultTokenResolver, IPostProcessor, IResolvable, IResolveContext, Reference, Stack, StringConcat, Token, Tokenization } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/**
 * What CloudFormation puts the value of a secret in place of, wherever it stands in a template: everybody who may read the resource reads
 * the value.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 */
const REFERENCE = /\{\{resolve:(?:secretsmanager|ssm-secure):/;

const RULE = 'must not have the value of a secret in it ({{resolve:secretsmanager:…}}, {{resolve:ssm-secure:…}}, a SecretValue, a CfnParameter '
  + 'with noEcho): CloudFormation would write it in clear text where many can read it; use secrets, which the instances read themselves';

/** Fields of this package's classes that have no name for who uses them: what is in them is called by its own name. */
const UNNAMED = ['options', '_settings'];

/**
 * Refuses values of secrets in props that end in a document, a definition or a schedule. What is a token is known when all is there, so that
 * it is checked by the validation of the app, which reports the path of the construct.
 *
 * @throws what is known at once
 */
export function refuseSecretReferences(scope: Construct, props: object): void {
  const found = [...textsOf('', props)];
  const plain = found.find(({ value }) => typeof value === 'string' && REFERENCE.test(value));
  if (plain) {
    throw new Error(`${plain.prop} ${RULE}`);
  }
  const tokens = found.filter(({ value }) => Token.isUnresolved(value));
  if (tokens.length > 0) {
    scope.node.addValidation({
      validate: () => {
        const hidden = hiddenParameters(Stack.of(scope));
        return tokens.filter(({ value }) => hasSecret(Stack.of(scope), hidden, value)).map(({ prop }) => `${prop} ${RULE}`);
      },
    });
  }
}

interface Found {
  /** As in code: `command.environment.NAME`. */
  readonly prop: string;
  /** A text, or a token. */
  readonly value: unknown;
}

/** All texts and tokens in a value, but for those of constructs, which are resources of their own. */
function* textsOf(prop: string, value: unknown, around: readonly unknown[] = []): Generator<Found> {
  if (typeof value === 'string' || Token.isUnresolved(value)) {
    yield { prop, value };
  } else if (typeof value === 'object' && value !== null && !Construct.isConstruct(value) && !around.includes(value)) {
    for (const [field, part] of Object.entries(value)) {
      const isNamed = !Array.isArray(value) && !UNNAMED.includes(field);
      yield* textsOf(isNamed && prop !== '' ? `${prop}.${field}` : isNamed ? field : prop, part, [...around, value]);
    }
  }
}

function hasSecret(stack: Stack, hidden: string[], token: unknown): boolean {
  try {
    const references = new References();
    const json = JSON.stringify(Tokenization.resolve(token, { scope: stack, preparing: false, resolver: references })) ?? '';
    return REFERENCE.test(json) || references.hasHidden || hidden.some((name) => json.includes(`{"Ref":${JSON.stringify(name)}}`));
  } catch {
    // What cannot be resolved cannot be synthesized either: CDK says why. With its feature flag it says so of a SecretValue itself.
    return false;
  }
}

/** Sees a hidden parameter of any stack: in another one than its own, a reference to it is an import or a parameter by now. */
class References extends DefaultTokenResolver {
  public hasHidden = false;

  constructor() {
    super(new StringConcat());
  }

  public override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    this.hasHidden ||= Reference.isReference(token) && token.target instanceof CfnParameter && token.target.noEcho;
    return super.resolveToken(token, context, postProcessor);
  }
}

/** By their names: a text such as `Fn.ref` knows no construct. */
function hiddenParameters(stack: Stack): string[] {
  return stack.node.findAll().filter((child) => child instanceof CfnParameter && child.noEcho && child.stack === stack)
    .map((child) => stack.resolve((child as CfnParameter).logicalId) as string);
}
