import * as path from 'node:path';
import { unlessUnresolved } from './errors';
import { stackNameOf } from './physical-ids';
import { OtherStacks, Resource, Template } from './template';
import { TemplateDocument } from './template-document';

/** Where resources are in the app, as its manifest has it: those of a stack and of all that are nested in it, in one list. */
export type ConstructPaths = readonly { readonly logicalId: string; readonly path: string }[];

export interface NestedStacksOptions {
  readonly otherStacks: OtherStacks;
  /** S3 object keys and what they are on this machine. */
  readonly assets: ReadonlyMap<string, string>;
  /** Of the stack and of all that is nested in it. */
  readonly paths: ConstructPaths;
  readonly read: (file: string) => TemplateDocument;
}

/** What is nested in a stack. */
export interface NestedStacks {
  readonly templates: Template[];
  /** Those whose template is not in the app's output. */
  readonly missing: string[];
}

/** How the CDK calls the resource of a nested stack: `PATH/ID.NestedStack/ID.NestedStackResource`. */
const NESTED_PATH = /^(.*)\.NestedStack\/[^/]*\.NestedStackResource$/;

/** Reads the templates of the stacks that are nested in a stack, and in those. */
export function nestedStacks(parent: Template, options: NestedStacksOptions): NestedStacks {
  const templates: Template[] = [];
  const missing: string[] = [];
  for (const stack of parent.nestedStacks) {
    const file = templateFile(stack);
    if (file === undefined) {
      missing.push(`${stack.label}: the template of this nested stack is not in the app's output, so nothing of it is`);
      continue;
    }
    const { account, region, folder } = parent;
    const document = options.read(file);
    const [, scope] = NESTED_PATH.exec(stack.constructPath) ?? [];
    const paths = options.paths.filter((entry) => scope !== undefined && entry.path.startsWith(`${scope}/`));
    const template = new Template({
      otherStacks: options.otherStacks,
      nesting: {
        isDeployed: () => parent.exists(stack) && parent.isDeployed,
        parameter: (name) => stack.member('Parameters', name),
      },
      stackName: stackNameOf(stack.ref),
      account,
      region,
      folder,
      document,
      assets: options.assets,
      paths: pathsAbove(document, paths),
    });
    parent.nest(stack, template);
    const below = nestedStacks(template, { ...options, paths });
    templates.push(template, ...below.templates);
    missing.push(...below.missing);
  }
  return { templates, missing };
}

/** The paths of what is in a template itself: what is nested in it may have the same logical ids. */
export function pathsAbove({ Resources = {} }: TemplateDocument, paths: ConstructPaths): Map<string, string> {
  const below = paths
    .filter(({ logicalId }) => Resources[logicalId]?.Type === 'AWS::CloudFormation::Stack')
    .flatMap((entry) => NESTED_PATH.exec(entry.path)?.slice(1) ?? []);
  const above = paths.filter((entry) => !below.some((scope) => entry.path.startsWith(`${scope}/`)));
  return new Map(above.map(({ logicalId, path: constructPath }) => [logicalId, constructPath]));
}

/** What a deployment would upload as the template: the CDK names it by the last part of its URL, or in the metadata. */
function templateFile(stack: Resource): string | undefined {
  return stack.asset(path.posix.basename(unlessUnresolved(() => stack.text('TemplateURL')) ?? ''));
}
