import { Links } from '../../../src/runtime/report/links';
import { COMMAND, EXECUTION, FIRST, job } from '../samples';

test('the console of each partition', () => {
  const pages = (arn: string) => new Links(job(), arn).run([COMMAND]);
  expect(pages(EXECUTION)).toEqual({
    execution: `https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/${EXECUTION}`,
    command: `https://eu-west-1.console.aws.amazon.com/systems-manager/run-command/${COMMAND}?region=eu-west-1`,
    logs: '',
    runbook: '',
  });
  expect(pages('arn:aws-cn:states:cn-north-1:1:execution:A:b').command)
    .toBe(`https://cn-north-1.console.amazonaws.cn/systems-manager/run-command/${COMMAND}?region=cn-north-1`);
  expect(pages('arn:aws-us-gov:states:us-gov-west-1:1:execution:A:b').command)
    .toBe(`https://us-gov-west-1.console.amazonaws-us-gov.com/systems-manager/run-command/${COMMAND}?region=us-gov-west-1`);
  expect(pages('arn:aws-elsewhere:states:x:1:execution:A:b')).toEqual({ execution: '', command: '', logs: '', runbook: '' });
});

test('without a command there is only the execution', () => {
  expect(new Links(job({ logGroupName: '/g' }), EXECUTION).run([])).toMatchObject({ command: '', logs: '' });
});

test('the log group, filtered to an instance', () => {
  const links = new Links(job({ logGroupName: '/jobs/a b', outputBucketName: 'unused' }), EXECUTION);
  expect(links.instance(COMMAND, FIRST)).toBe('https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1'
    + `#logsV2:log-groups/log-group/$252Fjobs$252Fa$2520b$3FlogStreamNameFilter$3D${COMMAND}$252F${FIRST}`);
  expect(links.run([COMMAND]).logs).toMatch(new RegExp(`\\$3D${COMMAND}$`));
  expect(links.instance('', FIRST)).toBe('');
});

test('the bucket, where there is no log group', () => {
  const page = (prefix?: string) => new Links(job({ outputBucketName: 'out', outputKeyPrefix: prefix }), EXECUTION)
    .instance(COMMAND, FIRST);
  expect(page('jobs/')).toBe(
    `https://eu-west-1.console.aws.amazon.com/s3/buckets/out?region=eu-west-1&prefix=jobs%2F${COMMAND}%2F${FIRST}%2F`,
  );
  expect(page()).toContain(`prefix=${COMMAND}%2F`);
});
