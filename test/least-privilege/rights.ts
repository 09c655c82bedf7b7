import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudAssembly } from '../../src/local/app/cloud-assembly';

/** One action on one resource, in the policy of a role. */
export interface Right {
  /** Path of the role in its stack. */
  readonly role: string;
  readonly action: string;
  /** What kind of resource, and of functions which one. */
  readonly on: string;
  /** ARN, as far as it is known before a deployment. */
  readonly arn: string;
  readonly policy: string;
  readonly statement: number;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

interface TemplateJson {
  readonly Resources: { [logicalId: string]: { readonly Type: string; readonly Properties: { PolicyDocument: { Statement: Statement[] } } } };
}

const TEMPLATE = 'Stack.template.json';
const POLICY_TYPES = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'];

/** All the rights that the roles of a synthesized app have. */
export function rightsOf(cdkOut: string): Right[] {
  const assembly = CloudAssembly.read(cdkOut);
  const roles = new Map(assembly.resources('AWS::IAM::Role').map((role) => [role.ref, pathOf(role.constructPath)]));
  return POLICY_TYPES.flatMap((type) => assembly.resources(type)).flatMap((policy) => {
    const document = policy.property('PolicyDocument') as { Statement: Statement[] };
    return (policy.property('Roles') as string[]).flatMap((ref) => document.Statement.flatMap(({ Effect, Action, Resource }, statement) => {
      if (Effect !== 'Allow') {
        throw new Error(`a role of a job has nothing but rights, got ${JSON.stringify(document)}`);
      }
      return [Action].flat().flatMap((action) => ([Resource].flat() as string[]).map((arn) => ({
        role: roles.get(ref)!, action, on: kindOf(arn), arn, policy: policy.logicalId, statement,
      })));
    }));
  });
}

/** Takes one right out of the template, and leaves the others as they are. */
export function removeRight(cdkOut: string, right: Right): void {
  const all = rightsOf(cdkOut).filter(({ policy, statement }) => policy === right.policy && statement === right.statement);
  const index = [...new Set(all.map(({ arn }) => arn))].indexOf(right.arn);
  edit(cdkOut, ({ Resources }) => {
    const statements = Resources[right.policy].Properties.PolicyDocument.Statement;
    const [statement] = statements.splice(right.statement, 1);
    const actions = [statement.Action].flat();
    const resources = [statement.Resource].flat();
    const [others, rest] = [actions.filter((action) => action !== right.action), resources.filter((_, at) => at !== index)];
    statements.push(
      ...others.length > 0 ? [{ ...statement, Action: others }] : [],
      ...rest.length > 0 ? [{ ...statement, Action: right.action, Resource: rest }] : [],
    );
  });
}

/** Takes out what lets services invoke the functions of the app. */
export function removePermissions(cdkOut: string): void {
  edit(cdkOut, ({ Resources }) => {
    for (const [id, { Type }] of Object.entries(Resources)) {
      if (Type === 'AWS::Lambda::Permission') {
        delete Resources[id];
      }
    }
  });
}

function edit(cdkOut: string, change: (template: TemplateJson) => void): void {
  const file = join(cdkOut, TEMPLATE);
  const template = JSON.parse(readFileSync(file, 'utf8')) as TemplateJson;
  change(template);
  writeFileSync(file, JSON.stringify(template));
}

/** The roles of shared handlers are those of a job, elsewhere. */
function pathOf(constructPath: string): string {
  return constructPath.split('/').slice(1).filter((id) => id !== 'Resource').join('/')
    .replace(/^Handlers\/ScheduleRole$/, 'Job/Schedule/Role')
    .replace(/^Handlers\/WorkflowRole$/, 'Job/Workflow/Role')
    .replace(/^Handlers\//, 'Job/Handlers/');
}

/** E.g. `ec2:instance`, `lambda:function GetStatus`. */
function kindOf(arn: string): string {
  const [, , service, , , ...rest] = arn.split(':');
  if (arn === '*' || service === 's3' || service === 'sns' || service === 'sqs') {
    return service ?? arn;
  }
  const [type, name = ''] = rest.join(':').split(/[:/]/, 2);
  const handler = /SendCommand|GetStatus|CloseRun/.exec(name)?.[0];
  return service === 'lambda' ? `${service}:${type} ${handler}` : `${service}:${type}`;
}
