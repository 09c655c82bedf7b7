import { valueAt } from '../states/reference-path';

/** An event as EventBridge delivers it. */
export interface AwsEvent {
  readonly 'version': string;
  readonly 'id': string;
  readonly 'detail-type': string;
  readonly 'source': string;
  readonly 'account': string;
  /** To the second. */
  readonly 'time': string;
  readonly 'region': string;
  /** ARNs. */
  readonly 'resources': string[];
  readonly 'detail': { readonly [field: string]: unknown };
}

/** What a target of a rule gets instead of the event. */
export interface TargetInput {
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: { readonly InputPathsMap?: { readonly [name: string]: string }; readonly InputTemplate: string };
}

/**
 * What a target gets: the event, a part of it, a constant, or a template with parts of it.
 *
 * @throws SyntaxError if that is not JSON
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function targetInput({ Input, InputPath, InputTransformer }: TargetInput, event: AwsEvent, rule: TargetRule): unknown {
  if (Input !== undefined) {
    return JSON.parse(Input);
  }
  if (InputPath !== undefined) {
    return valueAt(InputPath, event) ?? {};
  }
  if (InputTransformer === undefined) {
    return event;
  }
  const { InputPathsMap = {}, InputTemplate } = InputTransformer;
  const variables: { readonly [name: string]: unknown } = {
    ...Object.fromEntries(Object.entries(InputPathsMap).map(([name, path]) => [name, valueAt(path, event)])),
    'aws.events.event': event,
    'aws.events.event.json': event,
    'aws.events.event.ingestion-time': event.time,
    'aws.events.rule-arn': rule.arn,
    'aws.events.rule-name': rule.name,
  };
  return JSON.parse(fillIn(InputTemplate, variables));
}

/** What a template may say about its rule. */
export interface TargetRule {
  readonly arn: string;
  readonly name: string;
}

/** A variable in a text is filled in as text, and one that stands alone as JSON. */
function fillIn(template: string, variables: { readonly [name: string]: unknown }): string {
  return template
    .split(/("(?:[^"\\]|\\.)*")/s)
    .map((part) => {
      const inText = part.startsWith('"');
      return part.replace(/<([\w.-]+)>/g, (literal, name: string) => {
        if (!Object.hasOwn(variables, name)) {
          return literal;
        }
        const value = variables[name] ?? '';
        return inText ? escaped(value) : JSON.stringify(value);
      });
    })
    .join('');
}

function escaped(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value : JSON.stringify(value)).slice(1, -1);
}
