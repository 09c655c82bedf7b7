import { createHash } from 'node:crypto';
import { Place } from '../aws/place';

/** What a deployment would know of a resource: what `Ref` and `Fn::GetAtt` return. */
export interface PhysicalIds {
  readonly ref: string;
  readonly attributes: { readonly [name: string]: string };
}

/** The value of a property, if the template has it. */
type Property = (name: string) => string | undefined;

/** What `AWS::StackId` is. Where CloudFormation makes up a part, it is the same in every run, and another one for another name. */
export function stackId({ partition, region, account }: Place, stackName: string): string {
  return `arn:${partition}:cloudformation:${region}:${account}:stack/${stackName}/${uuid(digits(stackName, 32))}`;
}

function uuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The name of a stack, by its id. */
export function stackNameOf(id: string): string {
  return id.split('/')[1];
}

/** How a type of resource is named. */
type Naming = (name: (property?: string, longest?: number) => string, place: Place, property: Property) => PhysicalIds;

/**
 * The identifiers of a resource, made up where CloudFormation would make them up, and the same in every run.
 *
 * @returns undefined for a type that is not known here
 */
export function physicalIds(
  type: string,
  stackName: string,
  logicalId: string,
  place: Place,
  property: Property,
): PhysicalIds | undefined {
  const naming = Object.hasOwn(NAMING, type) ? NAMING[type] : undefined;
  const unique = createHash('sha256').update(`${stackName}/${logicalId}`).digest('hex');
  const generated = (longest: number): string => {
    const suffix = unique.slice(0, 12).toUpperCase();
    return `${`${stackName}-${logicalId}`.slice(0, longest - 13)}-${suffix}`;
  };
  return naming?.(
    (nameProperty, longest = 64) => (nameProperty && property(nameProperty)) ?? generated(longest),
    place,
    property,
  );
}

/** The hexadecimal digits of an identifier that is no name, such as an instance's. */
function digits(name: string, count: number): string {
  return createHash('sha256').update(name).digest('hex').slice(0, count);
}

function arn({ partition, region, account }: Place, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

function iamArn({ partition, account }: Place, resource: string): string {
  return `arn:${partition}:iam::${account}:${resource}`;
}

/** Paths of IAM begin and end with a slash. */
function iamPath(property: Property): string {
  return property('Path') ?? '/';
}

const NAMING: { readonly [type: string]: Naming } = {
  // A stack that is nested. Its outputs are in its own template.
  'AWS::CloudFormation::Stack': (name, place) => ({ ref: stackId(place, name(undefined, 128)), attributes: {} }),
  'AWS::Lambda::Function': (name, place) => {
    const ref = name('FunctionName');
    return { ref, attributes: { Arn: arn(place, 'lambda', `function:${ref}`) } };
  },
  'AWS::Lambda::Version': (_, place, property) => {
    const ref = `${functionArn(place, property)}:1`;
    return { ref, attributes: { FunctionArn: ref, Version: '1' } };
  },
  'AWS::Lambda::Alias': (_, place, property) => {
    const ref = `${functionArn(place, property)}:${property('Name')}`;
    return { ref, attributes: { AliasArn: ref } };
  },
  'AWS::IAM::Role': (name, place, property) => {
    const ref = name('RoleName');
    return {
      ref,
      attributes: { Arn: iamArn(place, `role${iamPath(property)}${ref}`), RoleId: `AROA${digits(ref, 17).toUpperCase()}` },
    };
  },
  'AWS::IAM::ManagedPolicy': (name, place, property) => {
    const ref = iamArn(place, `policy${iamPath(property)}${name('ManagedPolicyName')}`);
    return { ref, attributes: { PolicyArn: ref } };
  },
  'AWS::IAM::InstanceProfile': (name, place, property) => {
    const ref = name('InstanceProfileName');
    return { ref, attributes: { Arn: iamArn(place, `instance-profile${iamPath(property)}${ref}`) } };
  },
  'AWS::SNS::Topic': (name, place) => {
    const topic = name('TopicName');
    const ref = arn(place, 'sns', topic);
    return { ref, attributes: { TopicArn: ref, TopicName: topic } };
  },
  'AWS::SQS::Queue': (name, place) => {
    const queue = name('QueueName', 80);
    return {
      ref: `https://sqs.${place.region}.amazonaws.com/${place.account}/${queue}`,
      attributes: {
        Arn: arn(place, 'sqs', queue),
        QueueName: queue,
        QueueUrl: `https://sqs.${place.region}.amazonaws.com/${place.account}/${queue}`,
      },
    };
  },
  'AWS::StepFunctions::StateMachine': (name, place) => {
    const machine = name('StateMachineName', 80);
    const ref = arn(place, 'states', `stateMachine:${machine}`);
    return { ref, attributes: { Arn: ref, Name: machine } };
  },
  'AWS::SSM::Document': (name) => ({ ref: name('Name', 128), attributes: {} }),
  'AWS::SSM::Parameter': (name) => ({ ref: name('Name', 128), attributes: {} }),
  'AWS::SecretsManager::Secret': (name, place) => {
    const ref = arn(place, 'secretsmanager', `secret:${name('Name', 128)}-${digits(name(), 6)}`);
    return { ref, attributes: { Id: ref } };
  },
  'AWS::Logs::LogGroup': (name, place) => {
    const ref = name('LogGroupName', 512);
    return { ref, attributes: { Arn: arn(place, 'logs', `log-group:${ref}:*`) } };
  },
  'AWS::S3::Bucket': (name, place) => {
    const ref = name('BucketName', 63).toLowerCase();
    return {
      ref,
      attributes: {
        Arn: `arn:${place.partition}:s3:::${ref}`,
        DomainName: `${ref}.s3.amazonaws.com`,
        RegionalDomainName: `${ref}.s3.${place.region}.amazonaws.com`,
      },
    };
  },
  'AWS::KMS::Key': (name, place) => {
    const ref = uuid(digits(name(), 32));
    return { ref, attributes: { Arn: arn(place, 'kms', `key/${ref}`), KeyId: ref } };
  },
  'AWS::KMS::Alias': (_, __, property) => ({ ref: property('AliasName') ?? '', attributes: {} }),
  'AWS::EC2::Instance': (name) => {
    const ref = `i-0${digits(name(), 16)}`;
    return { ref, attributes: { InstanceId: ref } };
  },
  'AWS::Scheduler::Schedule': (name, place, property) => {
    const ref = name('Name');
    return { ref, attributes: { Arn: arn(place, 'scheduler', `schedule/${property('GroupName') ?? 'default'}/${ref}`) } };
  },
  'AWS::Scheduler::ScheduleGroup': (name, place) => {
    const ref = name('Name');
    return { ref, attributes: { Arn: arn(place, 'scheduler', `schedule-group/${ref}`) } };
  },
  'AWS::Events::Rule': (name, place) => {
    const ref = name('Name');
    return { ref, attributes: { Arn: arn(place, 'events', `rule/${ref}`) } };
  },
  'AWS::CloudWatch::Alarm': (name, place) => {
    const ref = name('AlarmName', 255);
    return { ref, attributes: { Arn: arn(place, 'cloudwatch', `alarm:${ref}`) } };
  },
};

function functionArn(place: Place, property: Property): string {
  const name = property('FunctionName') ?? '';
  return name.startsWith('arn:') ? name : arn(place, 'lambda', `function:${name}`);
}
