import {
  CreateDocumentCommand, DescribeDocumentCommand, GetCommandInvocationCommand, GetDocumentCommand,
} from '@aws-sdk/client-ssm';
import { LINUX, Rig } from './rig';

let rig: Rig;
beforeEach(async () => { rig = await Rig.start(); });
afterEach(() => rig.close());

const step = (name: string, script: string, inputs: object = {}, more: object = {}) =>
  ({ action: 'aws:runShellScript', name, inputs: { runCommand: [script], ...inputs }, ...more });
const register = (mainSteps: object[], parameters: object = {}) =>
  rig.endpoint.registerDocument({ name: 'Job', content: { schemaVersion: '2.2', parameters, mainSteps } });
const runSteps = async (mainSteps: object[]) => {
  register(mainSteps);
  const CommandId = await rig.send('', { DocumentName: 'Job' });
  await rig.settled(CommandId);
  const [{ CommandPlugins = [], Status }] = await rig.invocations(CommandId);
  return [Status, ...CommandPlugins.map(({ Name, Status: status, ResponseCode }) => `${Name} ${status} ${ResponseCode}`)];
};

test('a registered document runs by name and by ARN, with its parameters', async () => {
  register([step('main', 'echo "<{{ word }}>" {{ list }}; sleep 0', { timeoutSeconds: '{{ executionTimeout }}' })], {
    word: { type: 'String', allowedPattern: '^[a-z]+$' },
    list: { type: 'StringList', default: ['1', '2'] },
    executionTimeout: { type: 'String', default: '60' },
  });
  const Parameters = { word: ['hello'] };
  for (const DocumentName of ['Job', 'arn:aws:ssm:us-east-1:123456789012:document/Job']) {
    expect(await rig.run('', { DocumentName, Parameters })).toMatchObject({
      DocumentName: 'Job', PluginName: 'main', StandardOutputContent: '<hello> [1,2]\n',
    });
  }
  await expect(rig.send('', { DocumentName: 'Job', Parameters: { word: ['x; reboot'] } }))
    .rejects.toMatchObject({ name: 'InvalidParameters' });
});

test('versions: the last registered is the default', async () => {
  register([step('main', 'echo one')]);
  register([step('main', 'echo two')]);
  expect(await rig.run('', { DocumentName: 'Job' })).toMatchObject({ StandardOutputContent: 'two\n' });
  expect(await rig.run('', { DocumentName: 'Job', DocumentVersion: '1' }))
    .toMatchObject({ StandardOutputContent: 'one\n', DocumentVersion: '1' });
});

const onlyOn = (platform: string) => ({ precondition: { StringEquals: ['platformType', platform] } });

test.each<[string, object[], string[]]>([
  ['a failed step does not stop the next', [step('one', 'exit 3'), step('two', 'true')],
    ['Failed', 'one Failed 3', 'two Success 0']],
  ['exit 168 ends the document as a success', [step('one', 'exit 168'), step('two', 'false')],
    ['Success', 'one Success 168', 'two Skipped 0']],
  ['exit 169 ends it as a failure', [step('one', 'exit 169'), step('two', 'false')],
    ['Failed', 'one Failed 169', 'two Skipped 0']],
  ['onFailure exit', [step('one', 'exit 3', { onFailure: 'exit' }), step('two', 'false')],
    ['Failed', 'one Failed 3', 'two Skipped 0']],
  ['the final step runs all the same', [step('one', 'exit 168'), step('two', 'exit 4', { finallyStep: true })],
    ['Failed', 'one Success 168', 'two Failed 4']],
  ['a precondition that does not hold skips', [step('one', 'false', {}, onlyOn('Windows'))],
    ['Success', 'one Skipped 0']],
  ['a precondition that holds does not', [step('one', 'exit 5', {}, onlyOn('Linux'))],
    ['Failed', 'one Failed 5']],
])('%s', async (_, steps, expected) => {
  expect(await runSteps(steps)).toEqual(expected);
});

test('a document of several steps needs a step\'s name', async () => {
  register([step('first', 'echo 1'), step('second', 'echo 2')]);
  const CommandId = await rig.send('', { DocumentName: 'Job' });
  expect(await rig.ended(CommandId, LINUX, 'second')).toMatchObject({ PluginName: 'second', StandardOutputContent: '2\n' });
  await expect(rig.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId: LINUX })))
    .rejects.toMatchObject({ name: 'InvalidPluginName' });
});

test.each<[string, object, string]>([
  ['another action', { action: 'aws:configurePackage', name: 'main', inputs: {} },
    'aws:configurePackage is not supported by the local run'],
  ['the Parameter Store', step('main', 'echo {{ ssm:/db/password }}'),
    'the local run has no Parameter Store to resolve {{ ssm:/db/password }}'],
  ['a list within a list', step('main', '{{ list }}'), 'runCommand must be a list of strings'],
])('%s fails, and says why', async (_, main, message) => {
  register([main], { list: { type: 'StringList', default: ['a', 'b'] } });
  expect(await rig.run('', { DocumentName: 'Job' })).toMatchObject({
    Status: 'Failed', ResponseCode: 1, StandardErrorContent: expect.stringContaining(message),
  });
});

test('documents can be made over the API', async () => {
  const parameters = { p: { type: 'String', default: 'x' } };
  const Content = JSON.stringify({ schemaVersion: '2.2', parameters, mainSteps: [step('main', 'echo {{ p }}')] });
  await rig.ssm.send(new CreateDocumentCommand({ Name: 'Mine', Content, DocumentType: 'Command' }));
  await expect(rig.ssm.send(new CreateDocumentCommand({ Name: 'Mine', Content })))
    .rejects.toMatchObject({ name: 'DocumentAlreadyExists' });
  expect((await rig.ssm.send(new DescribeDocumentCommand({ Name: 'Mine' }))).Document).toMatchObject({
    Status: 'Active', PlatformTypes: ['Linux', 'MacOS'], Parameters: [{ Name: 'p', Type: 'String', DefaultValue: 'x' }],
  });
  expect((await rig.ssm.send(new GetDocumentCommand({ Name: 'Mine' }))).Content).toBe(Content);
  expect(await rig.run('', { DocumentName: 'Mine' })).toMatchObject({ StandardOutputContent: 'x\n' });
});

const document = (mainSteps: object[], parameters = {}) => JSON.stringify({ schemaVersion: '2.2', parameters, mainSteps });

test.each<[string, string, string]>([
  ['YAML', 'schemaVersion: "2.2"', 'InvalidDocumentContent'],
  ['no steps', document([]), 'InvalidDocumentContent'],
  ['steps of one name', document([step('a', ''), step('a', '')]), 'InvalidDocumentContent'],
  ['a pattern that is none', document([step('a', '')], { p: { type: 'String', allowedPattern: '(' } }), 'InvalidDocumentContent'],
  ['a pattern that RE2 does not know', document([step('a', '')], { p: { type: 'String', allowedPattern: '(?=a)' } }), 'InvalidDocumentContent'],
  ['another schema', '{"schemaVersion":"0.3"}', 'InvalidDocumentSchemaVersion'],
  ['too much', document([step('a', 'x'.repeat(65_536))]), 'MaxDocumentSizeExceeded'],
])('refused: %s', async (_, Content, name) => {
  await expect(rig.ssm.send(new CreateDocumentCommand({ Name: 'Bad', Content }))).rejects.toMatchObject({ name });
});
