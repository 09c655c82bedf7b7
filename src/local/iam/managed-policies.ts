/** Actions of the policies of AWS that jobs and their functions usually have; each allows them on `*`. */
const ACTIONS: { readonly [name: string]: readonly string[] } = {
  'service-role/AWSLambdaBasicExecutionRole': ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  'service-role/AWSLambdaVPCAccessExecutionRole': [
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ],
  'AWSXRayDaemonWriteAccess': [
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ],
  'CloudWatchLambdaInsightsExecutionRolePolicy': ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  'AmazonSSMReadOnlyAccess': ['ssm:Describe*', 'ssm:Get*', 'ssm:List*'],
  'AmazonSSMFullAccess': ['ssm:*', 'cloudwatch:PutMetricData', 'logs:*'],
  'AdministratorAccess': ['*'],
};

/** The document of a policy of AWS, or undefined if it is not known here. */
export function awsManagedPolicy(arn: string): object | undefined {
  const [, name] = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(arn) ?? [];
  if (name === undefined || !Object.hasOwn(ACTIONS, name)) {
    return undefined;
  }
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ACTIONS[name], Resource: '*' }] };
}
