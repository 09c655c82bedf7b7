import {
  CreateDocumentCommand, DeleteDocumentCommand, DescribeDocumentCommand, GetDocumentCommand, ListDocumentsCommand, ListDocumentVersionsCommand,
  paginateListDocuments, UpdateDocumentCommand, UpdateDocumentDefaultVersionCommand,
} from '@aws-sdk/client-ssm';
import { Rig } from './rig';
import { DocumentStore } from '../../../../src/local/services/ssm/documents';

let rig: Rig;
beforeEach(async () => { rig = await Rig.start(); });
afterEach(() => rig.close());

const printing = (text: string) => JSON.stringify({
  schemaVersion: '2.2', mainSteps: [{ action: 'aws:runShellScript', name: 'main', inputs: { runCommand: [`echo ${text}`] } }],
});
const create = (Name = 'Job', more: object = {}) =>
  rig.ssm.send(new CreateDocumentCommand({ Name, Content: printing('one'), DocumentType: 'Command', DocumentFormat: 'JSON', ...more }));
const update = (text: string, DocumentVersion: string | undefined = '$LATEST', more: object = {}) =>
  rig.ssm.send(new UpdateDocumentCommand({ Name: 'Job', Content: printing(text), DocumentVersion, ...more }));
const makeDefault = (DocumentVersion: string) =>
  rig.ssm.send(new UpdateDocumentDefaultVersionCommand({ Name: 'Job', DocumentVersion }));
const remove = (more: object = {}) => rig.ssm.send(new DeleteDocumentCommand({ Name: 'Job', ...more }));
const describeJob = async (more: object = {}) => (await rig.ssm.send(new DescribeDocumentCommand({ Name: 'Job', ...more }))).Document!;
const printed = async (DocumentVersion?: string, more: object = {}) =>
  (await rig.run('', { DocumentName: 'Job', DocumentVersion, ...more })).StandardOutputContent;

/** What CloudFormation calls when it updates an AWS::SSM::Document whose UpdateMethod is NewVersion. */
async function deploy(text: string): Promise<void> {
  await update(text).catch((error) => {
    // It takes this for a resource without a change.
    expect(error.name).toBe('DuplicateDocumentContent');
  });
  const { LatestVersion, Status } = await describeJob({ DocumentVersion: '$LATEST' });
  expect(Status).toBe('Active');
  await makeDefault(LatestVersion!);
}

test('a deployment can be followed: a new version, then the default, then a rollback to an older content', async () => {
  expect((await create()).DocumentDescription).toMatchObject({ Status: 'Creating', DocumentVersion: '1' });
  expect((await update('two')).DocumentDescription).toMatchObject({
    Status: 'Updating', DocumentVersion: '2', LatestVersion: '2', DefaultVersion: '1',
  });
  expect([await printed(), await printed('$DEFAULT'), await printed('1')]).toEqual(Array(3).fill('one\n'));
  expect([await printed('$LATEST'), await printed('2')]).toEqual(Array(2).fill('two\n'));

  await deploy('two');
  expect(await describeJob()).toMatchObject({ DocumentVersion: '2', LatestVersion: '2', DefaultVersion: '2' });
  await deploy('one');
  expect(await describeJob()).toMatchObject({ DocumentVersion: '3', LatestVersion: '3', DefaultVersion: '3' });
  expect([await printed(), await printed('2')]).toEqual(['one\n', 'two\n']);

  await remove({ Force: true });
  await expect(describeJob()).rejects.toMatchObject({ name: 'InvalidDocument' });
  await expect(printed()).rejects.toMatchObject({ name: 'InvalidDocument' });
});

test('a command that waits for its instance runs the version that it was sent with, whatever becomes of the document', async () => {
  await rig.close();
  rig = await Rig.start({ delays: { deliverySeconds: 10 } });
  await create();
  const sent = [await rig.send('', { DocumentName: 'Job' }), await rig.send('', { DocumentName: 'Job', DocumentVersion: '$LATEST' })];
  await deploy('two');
  await remove();
  for (const id of sent) {
    expect(await rig.ended(id)).toMatchObject({ Status: 'Success', StandardOutputContent: 'one\n' });
  }
});

test('a hash says which content is expected, and selects no version', async () => {
  await create();
  const { Hash: one, HashType } = await describeJob();
  expect([one, HashType]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), 'Sha256']);
  await update('two');
  const { Hash: two } = await describeJob({ DocumentVersion: '2' });
  expect(two).not.toBe(one);

  expect(await printed(undefined, { DocumentHash: one })).toBe('one\n');
  expect(await printed('$LATEST', { DocumentHash: two, DocumentHashType: 'Sha256' })).toBe('two\n');
  await expect(printed('$LATEST', { DocumentHash: one })).rejects.toMatchObject({
    name: 'InvalidDocument', message: `document hash ${one} does not match Sha256.`,
  });
  await expect(printed('1', { DocumentHash: one, DocumentHashType: 'Sha1' })).rejects.toMatchObject({ name: 'InvalidDocument' });
});

test('a version may have a name', async () => {
  await create('Job', { VersionName: 'Release1' });
  await update('two', '$LATEST', { VersionName: 'Release2' });
  expect(await describeJob({ VersionName: 'Release2' })).toMatchObject({ DocumentVersion: '2', VersionName: 'Release2' });
  const { Content, VersionName } = await rig.ssm.send(new GetDocumentCommand({ Name: 'Job', VersionName: 'Release1' }));
  expect([Content, VersionName]).toEqual([printing('one'), 'Release1']);
  await expect(update('three', '$LATEST', { VersionName: 'Release1' })).rejects.toMatchObject({ name: 'DuplicateDocumentVersionName' });
  expect((await makeDefault('2')).Description).toEqual({ Name: 'Job', DefaultVersion: '2', DefaultVersionName: 'Release2' });
  await remove({ VersionName: 'Release1' });
  await expect(describeJob({ VersionName: 'Release1' })).rejects.toMatchObject({ name: 'InvalidDocumentVersion' });
});

test('deleting a version leaves the others, and its number is not given again', async () => {
  await create();
  await update('two');
  await update('three');
  await remove({ DocumentVersion: '$LATEST' });
  expect(await describeJob()).toMatchObject({ LatestVersion: '2', DefaultVersion: '1' });
  await expect(printed('3')).rejects.toMatchObject({ name: 'InvalidDocumentVersion' });
  await expect(remove({ DocumentVersion: '3' })).rejects.toMatchObject({ name: 'InvalidDocument' });
  expect((await update('four')).DocumentDescription).toMatchObject({ DocumentVersion: '4', LatestVersion: '4' });

  const { DocumentVersions } = await rig.ssm.send(new ListDocumentVersionsCommand({ Name: 'Job' }));
  expect(DocumentVersions!.map(({ DocumentVersion, IsDefaultVersion }) => [DocumentVersion, IsDefaultVersion]))
    .toEqual([['4', false], ['2', false], ['1', true]]);
  for (const DocumentVersion of ['1', '$DEFAULT']) {
    await expect(remove({ DocumentVersion })).rejects.toMatchObject({
      name: 'InvalidDocumentOperation', message: 'Default version of the document can\'t be deleted.',
    });
  }
});

const V1 = JSON.stringify({ schemaVersion: '1.2', runtimeConfig: { 'aws:runShellScript': { properties: [{ runCommand: ['true'] }] } } });

test.each<[string, () => Promise<unknown>, string]>([
  ['an update with the same content', () => update('one'), 'DuplicateDocumentContent'],
  ['an update of another version than the latest', async () => {
    await update('two');
    await update('three', '1');
  }, 'InvalidDocumentVersion'],
  ['an update of no version', () => rig.ssm.send(new UpdateDocumentCommand({ Name: 'Job', Content: printing('two') })), 'InvalidDocumentVersion'],
  ['an update of a version that is not there', () => update('two', '7'), 'InvalidDocumentVersion'],
  ['an update that is no document', () => update('two', '$LATEST', { Content: '{' }), 'InvalidDocumentContent'],
  ['an update in another schema', () => update('two', '$LATEST', { Content: V1 }), 'InvalidDocumentSchemaVersion'],
  ['an update that is too large', () => update('x'.repeat(65_536)), 'MaxDocumentSizeExceeded'],
  ['an update in YAML', () => update('two', '$LATEST', { DocumentFormat: 'YAML' }), 'InvalidDocumentContent'],
  ['an update of nothing', () => update('two', '$LATEST', { Name: 'Nothing' }), 'InvalidDocument'],
  ['an update of AWS\'s own document', () => update('two', '$LATEST', { Name: 'AWS-RunShellScript' }), 'InvalidDocument'],
  ['an update by ARN', () => update('two', '$LATEST', { Name: 'arn:aws:ssm:us-east-1:123456789012:document/Job' }), 'ValidationException'],
  ['a default that is not there', () => makeDefault('2'), 'InvalidDocumentVersion'],
  ['a default that is no number', () => makeDefault('$LATEST'), 'ValidationException'],
  ['deleting nothing', () => remove({ Name: 'Nothing' }), 'InvalidDocument'],
  ['deleting AWS\'s own document', () => remove({ Name: 'AWS-RunShellScript' }), 'InvalidDocument'],
  ['versions of nothing', () => rig.ssm.send(new ListDocumentVersionsCommand({ Name: 'Nothing' })), 'InvalidDocument'],
  ['a name that AWS keeps for itself', () => create('awsome'), 'ValidationException'],
  ['another type', () => create('Other', { DocumentType: 'Automation' }), 'InvalidDocumentContent'],
  ['a type that is none', () => create('Other', { DocumentType: 'Batch' }), 'ValidationException'],
  ['an unknown filter', () => rig.ssm.send(new ListDocumentsCommand({ Filters: [{ Key: 'Colour', Values: ['red'] }] })), 'InvalidFilterKey'],
  ['a filter without value', () => rig.ssm.send(new ListDocumentsCommand({ Filters: [{ Key: 'Name' }] })), 'ValidationException'],
  ['two owners', () => rig.ssm.send(new ListDocumentsCommand({ Filters: [{ Key: 'Owner', Values: ['Self', 'Amazon'] }] })), 'ValidationException'],
  ['a token of another list', () => rig.ssm.send(new ListDocumentsCommand({ NextToken: 'x' })), 'InvalidNextToken'],
  ['a page that is too large', () => rig.ssm.send(new ListDocumentsCommand({ MaxResults: 51 })), 'ValidationException'],
])('refused: %s', async (_, call, name) => {
  await create();
  await expect(call()).rejects.toMatchObject({ name });
});

test('documents are listed by filters, with their default version, in pages', async () => {
  await create();
  await update('two');
  await create('Jobs.other', { Tags: [{ Key: 'team', Value: 'billing' }] });
  const listed = async (...Filters: { Key: string; Values: string[] }[]) =>
    (await rig.ssm.send(new ListDocumentsCommand({ Filters }))).DocumentIdentifiers!.map(({ Name }) => Name);

  expect(await listed()).toEqual(['AWS-RunPowerShellScript', 'AWS-RunShellScript', 'Job', 'Jobs.other']);
  expect(await listed({ Key: 'Owner', Values: ['Self'] })).toEqual(['Job', 'Jobs.other']);
  expect(await listed({ Key: 'owner', Values: ['self'] })).toEqual(['Job', 'Jobs.other']);
  expect(await listed({ Key: 'Owner', Values: ['Amazon'] })).toEqual(['AWS-RunPowerShellScript', 'AWS-RunShellScript']);
  expect(await listed({ Key: 'Name', Values: ['Jobs', 'AWS-RunS'] })).toEqual(['AWS-RunShellScript', 'Jobs.other']);
  expect(await listed({ Key: 'Name', Values: ['Job'] }, { Key: 'tag:team', Values: ['billing'] })).toEqual(['Jobs.other']);
  expect(await listed({ Key: 'PlatformTypes', Values: ['Windows'] })).toEqual(['AWS-RunPowerShellScript']);
  expect(await listed({ Key: 'DocumentType', Values: ['Automation'] })).toEqual([]);
  const { DocumentIdentifiers } = await rig.ssm.send(new ListDocumentsCommand({ DocumentFilterList: [{ key: 'Name', value: 'Job' }] }));
  expect(DocumentIdentifiers).toMatchObject([
    { Name: 'Job', DocumentVersion: '1', Owner: '123456789012', DocumentType: 'Command', SchemaVersion: '2.2', DocumentFormat: 'JSON' },
    { Name: 'Jobs.other', Tags: [{ Key: 'team', Value: 'billing' }] },
  ]);

  const pages: number[] = [];
  for await (const { DocumentIdentifiers: page } of paginateListDocuments({ client: rig.ssm, pageSize: 3 }, {})) {
    pages.push(page!.length);
  }
  expect(pages).toEqual([3, 1]);
});

test('each call needs a right on its document, but the list', async () => {
  await rig.close();
  const asked: string[] = [];
  rig = await Rig.start({ onCall: ({ action, resources }) => { asked.push(`${action} ${resources.map(({ arn }) => arn).join(' ')}`); } });
  await create();
  await update('two');
  await makeDefault('2');
  await rig.ssm.send(new ListDocumentVersionsCommand({ Name: 'Job' }));
  await rig.ssm.send(new ListDocumentsCommand({}));
  await remove();
  const job = 'arn:aws:ssm:us-east-1:123456789012:document/Job';
  expect(asked).toEqual([
    `ssm:CreateDocument ${job}`, `ssm:UpdateDocument ${job}`, `ssm:UpdateDocumentDefaultVersion ${job}`, `ssm:ListDocumentVersions ${job}`,
    'ssm:ListDocuments *', `ssm:DeleteDocument ${job}`,
  ]);
});

test('SSM\'s quotas: 1,000 versions a document, 500 documents', () => {
  const store = new DocumentStore(() => 0);
  store.create({ name: 'Job', content: printing('0') }, []);
  for (let version = 1; version < 1000; version += 1) {
    store.update({ name: 'Job', content: printing(`${version}`) }, '$LATEST');
  }
  const more = () => store.update({ name: 'Job', content: printing('more') }, '$LATEST');
  expect(more).toThrow('too many versions');
  store.delete('Job', { version: '2' });
  expect(more().version).toBe('1001');

  for (let count = 1; count < 500; count += 1) {
    store.create({ name: `Job${count}`, content: printing('0') }, []);
  }
  expect(() => store.create({ name: 'Job500', content: printing('0') }, [])).toThrow('at most 500');
});
