import { writeFileSync } from 'node:fs';
import {
  DescribeLogStreamsCommand, FilterLogEventsCommand, GetLogEventsCommand, GetLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import { eventually, LINUX, Rig } from '../ssm/rig';

const GROUP = '/aws/ssm/AWS-RunShellScript';

let rig: Rig;
beforeEach(async () => { rig = await Rig.start(); });
afterEach(() => rig.close());

const CloudWatchOutputConfig = { CloudWatchOutputEnabled: true };
const stream = (commandId: string, file = 'stdout') => `${commandId}/${LINUX}/aws-runShellScript/${file}`;
const read = async (commandId: string, more: Partial<GetLogEventsCommandInput> = {}) => rig.logs.send(new GetLogEventsCommand({
  logGroupName: GROUP, logStreamName: stream(commandId), startFromHead: true, ...more,
}));
const messages = ({ events = [] }: { events?: { message?: string }[] }) => events.map(({ message }) => message);

test('output goes to streams named as the agent names them', async () => {
  const CommandId = await rig.send('echo out; echo err >&2', { CloudWatchOutputConfig });
  await rig.settled(CommandId);
  const { logStreams = [] } = await rig.logs.send(new DescribeLogStreamsCommand({
    logGroupName: GROUP, logStreamNamePrefix: CommandId,
  }));
  expect(logStreams.map(({ logStreamName }) => logStreamName)).toEqual([stream(CommandId, 'stderr'), stream(CommandId)]);
  expect(messages(await read(CommandId))).toEqual(['out']);
  expect(messages(await rig.logs.send(new FilterLogEventsCommand({ logGroupName: GROUP }))).sort()).toEqual(['err', 'out']);
});

test('all of a long output is there, in events of whole lines, page by page', async () => {
  const CommandId = await rig.send('seq 1 300000', {
    CloudWatchOutputConfig: { ...CloudWatchOutputConfig, CloudWatchLogGroupName: 'mine' },
  });
  await rig.settled(CommandId);
  const found: string[] = [];
  let nextToken: string | undefined;
  let pages = 0;
  for (;;) {
    const answer = await read(CommandId, { logGroupName: 'mine', nextToken });
    found.push(...messages(answer) as string[]);
    pages += 1;
    if (answer.nextForwardToken === nextToken) {
      break;
    }
    nextToken = answer.nextForwardToken;
  }
  expect(pages).toBeGreaterThan(2);
  expect(Math.max(...found.map((message) => message.length))).toBeLessThanOrEqual(200_000);
  expect(found.join('\n').split('\n')).toEqual(Array.from({ length: 300_000 }, (_, index) => String(index + 1)));
});

test('a line that is longer than an event is several events, and nothing of it is lost', async () => {
  const CommandId = await rig.send('echo first; head -c 450000 /dev/zero | tr "\\0" x; echo; echo last', { CloudWatchOutputConfig });
  await rig.settled(CommandId);
  const found = messages(await read(CommandId)) as string[];
  expect(found.join('')).toBe(`first${'x'.repeat(450_000)}last`);
  expect(found.filter((message) => message.startsWith('x')).map((message) => message.length)).toEqual([200_000, 200_000, 50_000]);
});

test('lines come while the script runs', async () => {
  const script = 'echo early; printf half; while [ ! -e go ]; do sleep 0.05; done; echo " line"';
  const CommandId = await rig.send(script, { CloudWatchOutputConfig });
  await eventually(async () => expect(messages(await read(CommandId))).toEqual(['early']));
  writeFileSync(rig.path('go'), '');
  await rig.settled(CommandId);
  expect(messages(await read(CommandId))).toEqual(['early', 'half line']);
  expect(messages(await read(CommandId, { startFromHead: false, limit: 1 }))).toEqual(['half line']);
});

test('nothing is logged unless it was asked for', async () => {
  const CommandId = await rig.send('echo out');
  await rig.settled(CommandId);
  await expect(read(CommandId)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});
