import { LogEvent, LogGroups, LogStream } from './log-streams';
import { ApiResource, JsonObject, JsonService } from '../../aws/api-service';
import { AwsError } from '../../aws/aws-error';
import { page } from '../../aws/paging';
import { Place } from '../../aws/place';
import { validate } from '../../aws/validation';
import { SHAPES } from '../ssm/shapes';

const MAX_EVENTS = 10_000;
const MAX_PAGE_BYTES = 1024 * 1024;
/** What CloudWatch Logs adds to an event's size. */
const EVENT_OVERHEAD_BYTES = 26;
/** The name of the error of a token that is of no, or another, list. */
const BAD_TOKEN = 'InvalidParameterException';

interface EventQuery {
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly logStreamNames?: readonly string[];
  readonly logStreamNamePrefix?: string;
  readonly filterPattern?: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly startFromHead?: boolean;
  readonly limit?: number;
  readonly nextToken?: string;
}

/** CloudWatch Logs, as far as one reads there what commands wrote, and makes streams as marks. */
export class LogsService implements JsonService {
  public readonly targetPrefix = 'Logs_20140328';
  public readonly iamPrefix = 'logs';
  public readonly operations: JsonService['operations'] = {
    CreateLogStream: (input) => this.createLogStream(input),
    DescribeLogStreams: (input) => this.describeLogStreams(input),
    GetLogEvents: (input) => this.getLogEvents(input),
    FilterLogEvents: (input) => this.filterLogEvents(input),
  };

  constructor(private readonly groups: LogGroups, private readonly place: Place) {}

  public resources(_operation: string, input: JsonObject): ApiResource[] {
    return [{ arn: `${this.groupArn(String(input.logGroupName))}:*`, tags: {} }];
  }

  private createLogStream(input: JsonObject): object {
    validate(input, SHAPES.CreateLogStream);
    const { logGroupName, logStreamName } = input as unknown as EventQuery;
    if (!this.groups.createEmpty(logGroupName, logStreamName)) {
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
    }
    return {};
  }

  private describeLogStreams(input: JsonObject): object {
    validate(input, SHAPES.DescribeLogStreams);
    const query = input as unknown as EventQuery;
    const streams = this.streams(query.logGroupName).filter(({ name }) => name.startsWith(query.logStreamNamePrefix ?? ''));
    const { items, nextToken } = page(streams, question(query), query.limit ?? 50, query.nextToken, BAD_TOKEN);
    return {
      logStreams: items.map(({ name, createdAt, spans }) => ({
        logStreamName: name,
        creationTime: createdAt,
        firstEventTimestamp: spans.at(0)?.timestamp,
        lastEventTimestamp: spans.at(-1)?.timestamp,
        lastIngestionTime: spans.at(-1)?.timestamp,
        arn: `${this.groupArn(query.logGroupName)}:log-stream:${name}`,
        storedBytes: 0,
      })),
      nextToken,
    };
  }

  private getLogEvents(input: JsonObject): object {
    validate(input, SHAPES.GetLogEvents);
    const query = input as unknown as EventQuery;
    const stream = this.streams(query.logGroupName).find(({ name }) => name === query.logStreamName);
    if (!stream) {
      throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    }
    const token = /^([fb])\/(\d+)$/.exec(query.nextToken ?? '');
    if (query.nextToken && !token) {
      throw new AwsError(BAD_TOKEN, 'The specified nextToken is invalid.');
    }
    const forward = token ? token[1] === 'f' : query.startFromHead ?? false;
    const from = token ? Number(token[2]) : forward ? 0 : stream.spans.length;
    const { events, until } = read(stream, from, forward ? 1 : -1, query);
    const [first, last] = forward ? [from, until] : [until, from];
    return {
      events: events.map((event) => ({ ...event, ingestionTime: event.timestamp })),
      nextForwardToken: `f/${last}`,
      nextBackwardToken: `b/${first}`,
    };
  }

  private filterLogEvents(input: JsonObject): object {
    validate(input, SHAPES.FilterLogEvents);
    const query = input as unknown as EventQuery;
    if (query.filterPattern) {
      throw new AwsError('InvalidParameterException',
        `the local run filters by time and stream only, got filterPattern: ${query.filterPattern}`);
    }
    const events = this.streams(query.logGroupName)
      .filter(({ name }) => query.logStreamNames?.includes(name) ?? name.startsWith(query.logStreamNamePrefix ?? ''))
      .flatMap((stream) => stream.spans.filter(within(query)).map((span, index) => ({ stream, span, index })))
      .sort((a, b) => a.span.timestamp - b.span.timestamp);
    const { items, nextToken } = page(events, question(query), query.limit ?? MAX_EVENTS, query.nextToken, BAD_TOKEN);
    return {
      events: items.map(({ stream, span, index }) => ({
        ...stream.read(span),
        ingestionTime: span.timestamp,
        logStreamName: stream.name,
        eventId: `${stream.name}/${index}`,
      })),
      searchedLogStreams: [],
      nextToken,
    };
  }

  private streams(group: string): LogStream[] {
    const streams = this.groups.streams(group);
    if (!streams) {
      throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    }
    return streams;
  }

  private groupArn(name: string): string {
    const { partition, region, account } = this.place;
    return `arn:${partition}:logs:${region}:${account}:log-group:${name}`;
  }
}

/** Reads one page from a position on; always in the order of time. */
function read(stream: LogStream, from: number, step: 1 | -1, query: EventQuery): { events: LogEvent[]; until: number } {
  const events: LogEvent[] = [];
  let bytes = 0;
  let at = from;
  for (; events.length < (query.limit ?? MAX_EVENTS); at += step) {
    const span = stream.spans[step > 0 ? at : at - 1];
    bytes += span ? span.end - span.start + EVENT_OVERHEAD_BYTES : 0;
    if (!span || (bytes > MAX_PAGE_BYTES && events.length > 0)) {
      break;
    }
    if (within(query)(span)) {
      events.push(stream.read(span));
    }
  }
  return { events: step > 0 ? events : events.reverse(), until: at };
}

function within({ startTime = 0, endTime = Infinity }: EventQuery): (span: { timestamp: number }) => boolean {
  return ({ timestamp }) => timestamp >= startTime && timestamp < endTime;
}

/** What a token belongs to. */
function question({ nextToken: _nextToken, limit: _limit, ...query }: EventQuery): object {
  return query;
}
