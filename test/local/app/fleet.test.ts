import { CloudAssembly } from '../../../src/local/app/cloud-assembly';
import { fleetOf } from '../../../src/local/app/fleet';
import { jobsOf } from '../../../src/local/app/jobs';
import { InstanceSpec } from '../../../src/local/services/ssm/fleet';
import { removeFolders, stateMachine, synthesize, TestResource } from '../run/synthesized-app';

afterAll(removeFolders);

const ID = 'i-00000000000000001';

type Resources = { [logicalId: string]: TestResource };

function fleet(targets: object[], given: InstanceSpec[] = [], resources: Resources = {}): InstanceSpec[] {
  const Job = stateMachine({ StartAt: 'A', States: { A: { Type: 'Pass', Parameters: { job: { targets } }, End: true } } });
  const assembly = CloudAssembly.read(synthesize({ App: { Resources: { Job, ...resources } } }));
  return fleetOf(assembly, jobsOf(assembly), given, 2).instances;
}

const role = (value: string) => ({ key: 'tag:Role', values: [value] });
const server = (value: string): TestResource => ({
  Type: 'AWS::EC2::Instance', Properties: { Tags: [{ Key: 'Role', Value: value }] },
});

test('instances are made up for targets that nothing matches', () => {
  expect(fleet([role('crawler')])).toMatchObject([{ tags: { Role: 'crawler' } }, { tags: { Role: 'crawler' } }]);
});

test.each<[string, object[], InstanceSpec]>([
  ['the tag', [role('crawler')], { instanceId: ID, tags: { Role: 'crawler' } }],
  ['the tag key', [{ key: 'tag-key', values: ['Role'] }], { instanceId: ID, tags: { Role: 'web' } }],
  ['the resource group', [{ key: 'resource-groups:Name', values: ['night'] }], { instanceId: ID, resourceGroups: ['night'] }],
])('none is made up where one that is given has %s', (_, targets, given) => {
  expect(fleet(targets, [given])).toEqual([given]);
});

test('one is made up where those that are given match only a part of the targets', () => {
  const given = { instanceId: ID, tags: { Role: 'crawler' } };

  expect(fleet([role('crawler'), { key: 'tag:Stage', values: ['prod'] }], [given])).toHaveLength(1 + 2);
});

test('none is made up where the app has one', () => {
  expect(fleet([role('crawler')], [], { Server: server('crawler') })).toHaveLength(1);
});

test('what is given stands for the instance of the app that has the same id', () => {
  const [{ instanceId }] = fleet([], [], { Server: server('crawler') });
  const given: InstanceSpec = { instanceId, tags: { Role: 'crawler' }, fault: { kind: 'undeliverable' } };

  expect(fleet([role('crawler')], [given], { Server: server('crawler') })).toEqual([given]);
});
