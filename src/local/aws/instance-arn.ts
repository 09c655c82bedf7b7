/** Where the instances and documents are, as ARNs say it. */
export interface Account {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}

/** ARN of an EC2 instance, or of a hybrid node. */
export function instanceArn(instanceId: string, { partition, region, accountId }: Account): string {
  return instanceId.startsWith('mi-')
    ? `arn:${partition}:ssm:${region}:${accountId}:managed-instance/${instanceId}`
    : `arn:${partition}:ec2:${region}:${accountId}:instance/${instanceId}`;
}
