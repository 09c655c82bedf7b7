import { AwsError, validationError } from '../../aws/aws-error';
import { Command } from './invocation';

export interface CommandFilter {
  readonly key: string;
  readonly value: string;
}

/** What a filter looks at. */
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
  return (item) => tests.every((holds) => holds(item));
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
