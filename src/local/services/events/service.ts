import { randomUUID } from 'node:crypto';
import { AwsEvent } from './event';
import { AccessControl, Origin } from '../../aws/access';
import { ApiResource, CallContext, JsonObject, JsonService } from '../../aws/api-service';
import { Clock } from '../../aws/clock';
import { Shape, validate } from '../../aws/validation';
import { RunRecord } from '../../run/run-record';

/** An event as PutEvents takes it. */
interface Entry {
  readonly Source: string;
  readonly DetailType: string;
  /** JSON. */
  readonly Detail: string;
  readonly EventBusName?: string;
}

const text: Shape = { type: 'string', required: true };

const PUT_EVENTS: Shape = {
  type: 'structure',
  members: {
    Entries: {
      type: 'list',
      required: true,
      member: { type: 'structure', members: { Source: text, DetailType: text, Detail: text, EventBusName: { type: 'string' } } },
    },
  },
};

export interface EventsServiceOptions {
  readonly access: AccessControl;
  readonly clock: Clock;
  readonly place: { readonly partition: string; readonly region: string; readonly account: string };
  readonly publish: (event: AwsEvent, origin: Origin) => Promise<void>;
}

/** EventBridge, as far as state machines put events onto the default bus. */
export class EventsService implements JsonService {
  public readonly targetPrefix = 'AWSEvents';
  public readonly iamPrefix = 'events';
  public readonly operations: JsonService['operations'] = { PutEvents: (input, context) => this.putEvents(input, context) };

  constructor(private readonly options: EventsServiceOptions) {}

  public resources(_operation: string, { Entries }: JsonObject): ApiResource[] {
    const { partition, region, account } = this.options.place;
    const names = (Array.isArray(Entries) ? Entries as Entry[] : []).map(({ EventBusName = 'default' }) => EventBusName);
    return [...new Set(names)].map((name) => ({ arn: name.startsWith('arn:') ? name : `arn:${partition}:events:${region}:${account}:event-bus/${name}` }));
  }

  private putEvents(input: JsonObject, { accessKeyId }: CallContext): object {
    validate(input, PUT_EVENTS);
    const { access, clock, publish, place: { region, account } } = this.options;
    const origin = access.callerOf(accessKeyId) ?? { execution: '', record: new RunRecord() };
    const events = (input.Entries as Entry[]).map(({ Source, DetailType, Detail }): AwsEvent => ({
      'version': '0',
      'id': randomUUID(),
      'detail-type': DetailType,
      'source': Source,
      account,
      'time': new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
      region,
      'resources': [],
      'detail': JSON.parse(Detail) as AwsEvent['detail'],
    }));
    events.forEach((event) => origin.record.follow(publish(event, origin)));
    return { FailedEntryCount: 0, Entries: events.map(({ id }) => ({ EventId: id })) };
  }
}
