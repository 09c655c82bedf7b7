/** Where resources are, as ARNs say it. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** ARN of an EC2 instance, or of a hybrid node. */
export function instanceArn(instanceId: string, { partition, region, account }: Place): string {
  return instanceId.startsWith('mi-')
    ? `arn:${partition}:ssm:${region}:${account}:managed-instance/${instanceId}`
    : `arn:${partition}:ec2:${region}:${account}:instance/${instanceId}`;
}
