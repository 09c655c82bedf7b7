import { IPrincipal } from 'aws-cdk-lib/aws-iam';
import { ChainDefinitionBody, DefinitionConfig, IChainable, JsonPath, StateGraph, StateMachineProps } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { deployTimeJson, jsonWithTokens } from '../deploy-time-json';
import { SharedText } from '../shared-text';

/**
 * The definition of a job's state machine, of which all states but the first one are known when it is made, but for names of resources.
 *
 * It is rendered once. CDK would resolve every state, and put the whole text together, whenever it looks for references or writes the
 * template.
 */
export class JobDefinition extends ChainDefinitionBody {
  /** @param text Where the stack has a place for what its jobs have in common: the states, but for the first one */
  constructor(start: IChainable, private readonly text?: SharedText) {
    super(start);
  }

  public override bind(scope: Construct, _principal: IPrincipal, { comment }: StateMachineProps, graph?: StateGraph): DefinitionConfig {
    const { StartAt, States, ...others } = graph!.toGraphJson() as { readonly StartAt: string; readonly States: object };
    const [[first, state], ...common] = Object.entries(States);
    // What is a token for null becomes it: it would stand between quotes otherwise.
    const shared = JSON.stringify(Object.fromEntries(common)).slice(1, -1).replaceAll(JSON.stringify(JsonPath.DISCARD), 'null');
    const states = `{${JSON.stringify(first)}:${jsonWithTokens(scope, state)},${this.text?.string(shared) ?? shared}}`;
    const rest = Object.entries({ ...others, Comment: comment }).filter(([, value]) => value !== undefined)
      .map(([name, value]) => `,${JSON.stringify(name)}:${jsonWithTokens(scope, value)}`);
    return { definitionString: deployTimeJson(`{"StartAt":${JSON.stringify(StartAt)},"States":${states}${rest.join('')}}`) };
  }
}
