import { Command } from './command';
import { Fleet, Instance } from './fleet';
import { SHAPES } from './shapes';
import { CallContext, epochSeconds, JsonObject } from '../../aws/api-service';
import { AwsError, validationError } from '../../aws/aws-error';
import { page } from '../../aws/paging';
import { validate } from '../../aws/validation';

export interface CommandFilter {
  readonly key: string;
  readonly value: string;
}

/** What a filter is applied to. */
export interface Filtered {
  readonly command: Command;
  readonly status: string;
  readonly statusDetails: string;
  readonly complete: boolean;
}

/**
 * A test for ListCommands or ListCommandInvocations; all filters must hold.
 *
 * @param keys the filters that the operation knows
 * @throws InvalidFilterKey, ValidationException
 */
export function commandFilter(filters: readonly CommandFilter[], keys: readonly string[]): (item: Filtered) => boolean {
  const tests = filters.map(({ key, value }) => {
    if (!keys.includes(key)) {
      throw new AwsError('InvalidFilterKey', `the key of a filter must be one of ${keys.join(', ')}, got: ${key}`);
    }
    return test(key, value);
  });
  return (item) => tests.every((passes) => passes(item));
}

function test(key: string, value: string): (item: Filtered) => boolean {
  switch (key) {
    case 'InvokedAfter': {
      const time = timestamp(value);
      return ({ command }) => command.requestedAt >= time;
    }
    case 'InvokedBefore': {
      const time = timestamp(value);
      return ({ command }) => command.requestedAt <= time;
    }
    case 'Status':
      return ({ status, statusDetails }) => value === status || value === statusDetails;
    case 'ExecutionStage':
      if (value !== 'Executing' && value !== 'Complete') {
        throw validationError(`the value of the filter ExecutionStage must be Executing or Complete, got: ${value}`);
      }
      return ({ complete }) => complete === (value === 'Complete');
    default:
      return ({ command }) => command.document.name === value;
  }
}

function timestamp(value: string): number {
  const time = Date.parse(value);
  if (Number.isNaN(time)) {
    throw validationError(`the value of a time filter must be a timestamp such as 2024-07-07T00:00:00Z, got: ${value}`);
  }
  return time;
}

const PAGE_SIZE = 10;

interface Filter {
  readonly key: string;
  readonly values: readonly string[];
}

interface Input {
  readonly InstanceInformationFilterList?: readonly { readonly key: string; readonly valueSet: readonly string[] }[];
  readonly Filters?: readonly { readonly Key: string; readonly Values: readonly string[] }[];
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

/** DescribeInstanceInformation. @throws InvalidFilterKey */
export function describeInstances(fleet: Fleet, input: JsonObject, { fault }: CallContext, now: number): object {
  validate(input, SHAPES.DescribeInstanceInformation);
  const query = input as Input;
  const filters: Filter[] = [
    ...(query.Filters ?? []).map(({ Key, Values }) => ({ key: Key, values: Values })),
    ...(query.InstanceInformationFilterList ?? []).map(({ key, valueSet }) => ({ key, values: valueSet })),
  ];
  // A fleet of any ID knows an instance once it is asked for.
  filters.filter(({ key }) => key === 'InstanceIds').forEach(({ values }) => values.forEach((id) => fleet.find(id)));
  const instances = fault === 'emptyList' ? [] : fleet.list().filter((instance) => filters.every((filter) => holds(instance, filter)));
  const { items, nextToken } = page(instances, query, query.MaxResults ?? PAGE_SIZE, query.NextToken, 'InvalidNextToken');
  return { InstanceInformationList: items.map((instance) => answer(instance, now)), NextToken: nextToken };
}

function holds(instance: Instance, { key, values }: Filter): boolean {
  switch (key) {
    case 'InstanceIds': return values.includes(instance.instanceId);
    case 'PingStatus': return values.includes(instance.ping);
    case 'PlatformType': case 'PlatformTypes': return values.includes(instance.platform);
    case 'ResourceType': return values.includes(resourceType(instance));
    case 'tag-key': return values.some((value) => Object.hasOwn(instance.tags, value));
  }
  if (key.startsWith('tag:')) {
    const name = key.slice('tag:'.length);
    return Object.hasOwn(instance.tags, name) && values.includes(instance.tags[name]);
  }
  throw new AwsError('InvalidFilterKey',
    `the local run filters by InstanceIds, PingStatus, PlatformType, ResourceType, tag-key and tag:KEY, got: ${key}`);
}

function answer(instance: Instance, now: number): object {
  return {
    InstanceId: instance.instanceId,
    PingStatus: instance.ping,
    LastPingDateTime: epochSeconds(instance.lastPingAt ?? now),
    AgentVersion: '3.3.0.0',
    IsLatestVersion: true,
    PlatformType: instance.platform,
    PlatformName: instance.platform,
    PlatformVersion: 'local',
    ResourceType: resourceType(instance),
    IPAddress: '127.0.0.1',
    ComputerName: instance.tags.Name ?? instance.instanceId,
  };
}

function resourceType({ instanceId }: Instance): string {
  return instanceId.startsWith('mi-') ? 'ManagedInstance' : 'EC2Instance';
}
