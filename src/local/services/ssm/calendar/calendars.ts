import { stateOf } from './calendar-state';
import { readCalendar } from './icalendar';
import { JsonObject } from '../../../aws/api-service';
import { AwsError } from '../../../aws/aws-error';
import { validate } from '../../../aws/validation';
import { splitArn } from '../documents';
import { SHAPES } from '../shapes';

/** Documents of type ChangeCalendar, and what SSM says of them. */
export class Calendars {
  private readonly texts = new Map<string, string>();

  /**
   * Adds a calendar, or replaces it. What is wrong with it is found out when it is read, as in AWS.
   *
   * @param name also an ARN, for one of another account
   * @param text iCalendar
   */
  public register(name: string, text: string): void {
    this.texts.set(name, text);
  }

  public has(nameOrArn: string): boolean {
    return this.find(nameOrArn) !== undefined;
  }

  /**
   * GetCalendarState.
   *
   * @param isDocument whether there is a document of another type
   * @throws InvalidDocument, InvalidDocumentType, UnsupportedCalendarException as it does
   */
  public state(input: JsonObject, now: number, isDocument: (name: string) => boolean): object {
    validate(input, SHAPES.GetCalendarState);
    const { CalendarNames: names, AtTime: asked } = input as unknown as { CalendarNames: string[]; AtTime?: string };
    const at = asked === undefined ? now : Date.parse(asked);
    if (Number.isNaN(at)) {
      throw new AwsError('ValidationException', `AtTime must be a time of ISO 8601, got: ${asked}`);
    }
    const calendars = names.map((name) => readCalendar(this.require(name, isDocument)));
    const { isOpen, changesAt } = stateOf(calendars, at);
    return {
      State: isOpen ? 'OPEN' : 'CLOSED',
      AtTime: iso(at),
      ...changesAt === undefined ? {} : { NextTransitionTime: iso(changesAt) },
    };
  }

  private require(name: string, isDocument: (name: string) => boolean): string {
    const text = this.find(name);
    if (text !== undefined) {
      return text;
    }
    throw isDocument(splitArn(name).name)
      ? new AwsError('InvalidDocumentType', `The document ${name} is not of type ChangeCalendar.`)
      : new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
  }

  /** One that somebody has named by its name stands for that of any account. */
  private find(nameOrArn: string): string | undefined {
    return this.texts.get(nameOrArn) ?? this.texts.get(splitArn(nameOrArn).name);
  }
}

function iso(time: number): string {
  return new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
