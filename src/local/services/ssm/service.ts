import { commandAnswer, invocationAnswer, statusOf, stepAnswer } from './answers';
import { Calendars } from './calendar/calendars';
import { Command, isTerminal, SendCommandInput, STATUS_OF } from './command';
import { documentOperations } from './document-operations';
import { DocumentStore, isOwnedByAws, splitArn } from './documents';
import { Fleet, Instance } from './fleet';
import { CommandFilter, commandFilter, describeInstances } from './listings';
import { RunCommand } from './run-command';
import { SHAPES } from './shapes';
import { ApiResource, CallContext, JsonObject, JsonService } from '../../aws/api-service';
import { AwsError } from '../../aws/aws-error';
import { FaultKind } from '../../aws/faults';
import { page } from '../../aws/paging';
import { instanceArn, Place } from '../../aws/place';
import { validate } from '../../aws/validation';

interface ListingInput {
  readonly CommandId?: string;
  readonly InstanceId?: string;
  readonly MaxResults?: number;
  readonly NextToken?: string;
  readonly Filters?: readonly CommandFilter[];
  readonly Details?: boolean;
}

const PAGE_SIZE = 50;
const INVOCATION_FILTERS = ['InvokedAfter', 'InvokedBefore', 'Status', 'DocumentName'];
const COMMAND_FILTERS = [...INVOCATION_FILTERS, 'ExecutionStage'];

/** All but ListDocuments are of one document. */
function isOfDocument(operation: string): boolean {
  return /Document(DefaultVersion|Versions)?$/.test(operation);
}

/** The operations of SSM that have to do with Run Command, and the state of calendars. */
export class SsmService implements JsonService {
  public readonly targetPrefix = 'AmazonSSM';
  public readonly iamPrefix = 'ssm';
  public readonly operations: JsonService['operations'];

  constructor(
    private readonly runCommand: RunCommand,
    private readonly fleet: Fleet,
    private readonly documents: DocumentStore,
    calendars: Calendars,
    private readonly place: Place,
    private readonly now: () => number,
  ) {
    this.operations = {
      SendCommand: (input, context) => this.sendCommand(input, context),
      CancelCommand: (input) => this.cancelCommand(input),
      ListCommands: (input, context) => this.listCommands(input, context),
      ListCommandInvocations: (input, context) => this.listCommandInvocations(input, context),
      GetCommandInvocation: (input, context) => this.getCommandInvocation(input, context),
      DescribeInstanceInformation: (input, context) => describeInstances(fleet, input, context, now()),
      GetCalendarState: (input) => calendars.state(input, now(), (name) => documents.has(name)),
      ...documentOperations(documents, place.account),
    };
  }

  public resources(operation: string, input: JsonObject): ApiResource[] {
    if (operation === 'SendCommand') {
      return [
        this.documentResource(input),
        ...this.instancesOf(input).map((instance) => this.instanceResource(instance)),
        ...this.bucketResource(input),
      ];
    }
    if (operation === 'GetCalendarState') {
      return this.calendarResources(input);
    }
    return isOfDocument(operation) ? [this.documentResource(input)] : [{ arn: '*', tags: {} }];
  }

  private sendCommand(input: JsonObject, { accessKeyId }: CallContext): object {
    validate(input, SHAPES.SendCommand);
    return { Command: commandAnswer(this.runCommand.send(input as unknown as SendCommandInput, accessKeyId)) };
  }

  private cancelCommand(input: JsonObject): object {
    validate(input, SHAPES.CancelCommand);
    const { CommandId: commandId, InstanceIds: instanceIds = [] } = input as { CommandId: string; InstanceIds?: string[] };
    const command = this.runCommand.find(commandId);
    if (!command) {
      throw new AwsError('InvalidCommandId', `there is no command ${commandId}`);
    }
    const stranger = instanceIds.find((id) => !command.invocations.some(({ instance }) => instance.instanceId === id));
    if (stranger) {
      throw new AwsError('InvalidInstanceId', `the command was not sent to instance ${stranger}`);
    }
    this.runCommand.cancel(command, instanceIds);
    return {};
  }

  private listCommands(input: JsonObject, { fault }: CallContext): object {
    validate(input, SHAPES.ListCommands);
    const query = input as ListingInput;
    const holds = commandFilter(query.Filters ?? [], COMMAND_FILTERS);
    const commands = this.listed(query, fault).filter((command) => {
      const { status, statusDetails } = statusOf(command);
      const complete = !['Pending', 'InProgress', 'Cancelling'].includes(status);
      return holds({ command, status, statusDetails, complete }) &&
        (!query.InstanceId || command.invocations.some(({ instance }) => instance.instanceId === query.InstanceId));
    });
    const { items, nextToken } = page(commands, query, query.MaxResults ?? PAGE_SIZE, query.NextToken, 'InvalidNextToken');
    return { Commands: items.map(commandAnswer), NextToken: nextToken };
  }

  private listCommandInvocations(input: JsonObject, { fault }: CallContext): object {
    validate(input, SHAPES.ListCommandInvocations);
    const query = input as ListingInput;
    const holds = commandFilter(query.Filters ?? [], INVOCATION_FILTERS);
    const invocations = this.listed(query, fault).flatMap((command) => command.invocations
      .filter(({ instance, details }) =>
        (!query.InstanceId || instance.instanceId === query.InstanceId) &&
        holds({ command, status: STATUS_OF[details], statusDetails: details, complete: isTerminal(details) }))
      .map((invocation) => ({ command, invocation })));
    const { items, nextToken } = page(invocations, query, query.MaxResults ?? PAGE_SIZE, query.NextToken, 'InvalidNextToken');
    return {
      CommandInvocations: items.map(({ command, invocation }) =>
        invocationAnswer(command, invocation, this.place.region, query.Details ?? false)),
      NextToken: nextToken,
    };
  }

  private getCommandInvocation(input: JsonObject, { fault }: CallContext): object {
    validate(input, SHAPES.GetCommandInvocation);
    const { CommandId, InstanceId, PluginName: name } = input as { CommandId: string; InstanceId: string; PluginName?: string };
    const [command] = this.listed({ CommandId }, fault);
    const invocation = command?.invocations.find(({ instance }) => instance.instanceId === InstanceId);
    if (!invocation) {
      throw new AwsError('InvocationDoesNotExist',
        'The command ID and managed node ID you specified did not match any invocations.');
    }
    const step = invocation.steps.find((other) => name ? other.name === name : invocation.steps.length === 1);
    if (!step) {
      throw new AwsError('InvalidPluginName',
        `PluginName must be one of the steps ${invocation.steps.map((other) => other.name).join(', ')}, got: ${name ?? 'none'}`);
    }
    return stepAnswer(command, invocation, step, this.place.region);
  }

  /** What listings show: not at once after SendCommand, because they are eventually consistent. */
  private listed({ CommandId: commandId }: ListingInput, fault: FaultKind | undefined): Command[] {
    return fault === 'emptyList' ? [] : this.runCommand.commands().filter((command) =>
      command.visibleAt <= this.now() && (!commandId || command.commandId === commandId));
  }

  /** Empty where the request does not say it in a way that makes sense: SendCommand will refuse it. */
  private instancesOf(input: JsonObject): Instance[] {
    try {
      validate(input, SHAPES.SendCommand);
      const { InstanceIds: ids, Targets: targets } = input as unknown as SendCommandInput;
      return ids?.length ? this.fleet.require(ids, this.place.account) : this.fleet.match(targets ?? []);
    } catch {
      return [];
    }
  }

  private documentResource(input: JsonObject): ApiResource {
    const named = String(input.DocumentName ?? input.Name ?? '');
    const { name } = splitArn(named);
    const { partition, region, account } = this.place;
    const owner = isOwnedByAws(name) ? '' : account;
    const foreign = named.startsWith('arn:') && !this.documents.has(name);
    return { arn: foreign ? named : `arn:${partition}:ssm:${region}:${owner}:document/${name}`, tags: {} };
  }

  private calendarResources({ CalendarNames: names }: JsonObject): ApiResource[] {
    const { partition, region, account } = this.place;
    return (Array.isArray(names) ? names : []).map(String).map((name) => ({
      arn: name.startsWith('arn:') ? name : `arn:${partition}:ssm:${region}:${account}:document/${name}`, tags: {},
    }));
  }

  /** Whoever has output sent to a bucket needs the right to send on the bucket, too. */
  private bucketResource({ OutputS3BucketName: bucket }: JsonObject): ApiResource[] {
    return typeof bucket === 'string' ? [{ arn: `arn:${this.place.partition}:s3:::${bucket}`, tags: {} }] : [];
  }

  private instanceResource({ instanceId, tags }: Instance): ApiResource {
    return { arn: instanceArn(instanceId, this.place), tags };
  }
}
