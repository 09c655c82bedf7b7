import { Recurrence } from './recurrence';
import { ZoneClock } from '../../../../protocol/schedule/zone-clock';
import { AwsError } from '../../../aws/aws-error';

/** An event of a calendar: an interval, and how often it comes again. */
export interface CalendarEvent {
  readonly clock: ZoneClock;
  /** On that clock, in milliseconds. */
  readonly start: number;
  /** Of days on that clock, where the event is of whole days; otherwise of time. Milliseconds. */
  readonly length: number;
  readonly isWholeDays: boolean;
  readonly recurrence?: Recurrence;
  /** Further starts, and those that are left out; on that clock. */
  readonly added: number[];
  readonly excluded: number[];
}

/** A calendar as SSM has it. */
export interface ChangeCalendar {
  /** Whether it is open where no event is. */
  readonly isOpen: boolean;
  readonly events: CalendarEvent[];
}

interface Property {
  readonly name: string;
  readonly parameters: { readonly [name: string]: string };
  readonly value: string;
}

interface Times {
  readonly clock: ZoneClock;
  readonly times: number[];
  readonly isDate: boolean;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const UTC = ZoneClock.of('UTC')!;

/**
 * Reads a calendar of iCalendar 2.0, as documents of type ChangeCalendar hold it. Times of day without a zone are those of
 * `X-WR-TIMEZONE`, or UTC: what AWS makes of them is not documented.
 *
 * @throws UnsupportedCalendarException, saying what is wrong or not known here: an event is never left out without a word
 * @see https://datatracker.ietf.org/doc/html/rfc5545
 */
export function readCalendar(text: string): ChangeCalendar {
  const properties = text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/).filter((line) => line.trim() !== '').map(readProperty);
  const type = properties.find(({ name }) => name === 'X-CALENDAR-TYPE')?.value;
  if (properties[0]?.name !== 'BEGIN' || properties[0].value !== 'VCALENDAR') {
    throw unsupported('it must begin with BEGIN:VCALENDAR');
  }
  if (type !== 'DEFAULT_OPEN' && type !== 'DEFAULT_CLOSED') {
    throw unsupported(`X-CALENDAR-TYPE must be DEFAULT_OPEN or DEFAULT_CLOSED, got ${type ?? 'none'}`);
  }
  const zone = properties.find(({ name }) => name === 'X-WR-TIMEZONE')?.value;
  const clock = zone === undefined ? UTC : clockOf(zone);
  const events = components(properties, 'VEVENT').filter((event) => valueOf(event, 'STATUS') !== 'CANCELLED');
  // One occurrence of an event may have been moved: it has an event of its own, with the same UID.
  const moved = events.flatMap((event) => {
    const id = event.find(({ name }) => name === 'RECURRENCE-ID');
    return id ? [{ uid: valueOf(event, 'UID'), id }] : [];
  });
  return {
    isOpen: type === 'DEFAULT_OPEN',
    events: events.map((event) => {
      const isMoved = event.some(({ name }) => name === 'RECURRENCE-ID');
      const others = isMoved ? [] : moved.filter(({ uid }) => uid === valueOf(event, 'UID')).map(({ id }) => id);
      return readEvent(event, clock, others);
    }),
  };
}

function readEvent(properties: Property[], calendarClock: ZoneClock, moved: Property[]): CalendarEvent {
  const of = (name: string, clock = calendarClock) =>
    properties.filter((property) => property.name === name).map((property) => timesOf(property, clock));
  const [start] = of('DTSTART');
  if (!start) {
    throw unsupported(`the event ${valueOf(properties, 'SUMMARY') ?? ''} has no DTSTART`);
  }
  const [end] = of('DTEND');
  const duration = valueOf(properties, 'DURATION');
  const startsAt = start.times[0];
  const endsAt = end && (start.isDate ? end.times[0] : start.clock.at(instantOf(end.clock, end.times[0])));
  const length = endsAt !== undefined ? lengthOf(start, startsAt, endsAt) : duration !== undefined ? readDuration(duration) : start.isDate ? DAY : 0;
  // They may be in UTC, or in another zone than the start.
  const onClock = ({ clock, times, isDate }: Times) => isDate ? times : times.map((time) => start.clock.at(instantOf(clock, time)));
  const rule = valueOf(properties, 'RRULE');
  return {
    clock: start.clock,
    start: startsAt,
    length,
    isWholeDays: start.isDate,
    recurrence: rule === undefined ? undefined : Recurrence.read(rule, startsAt, (text) => untilOf(text, start)),
    added: of('RDATE', start.clock).flatMap(onClock),
    excluded: [...of('EXDATE', start.clock), ...moved.map((id) => timesOf(id, start.clock))].flatMap(onClock),
  };
}

function lengthOf({ clock, isDate }: Times, start: number, end: number): number {
  return isDate ? end - start : instantOf(clock, end) - instantOf(clock, start);
}

/** The instant of a time of day; of one that the clock leaves out, as if it had not gone on yet. */
export function instantOf(clock: ZoneClock, time: number): number {
  return clock.instantOf(time) ?? clock.instantOf(time - 60 * MINUTE)! + 60 * MINUTE;
}

/** UNTIL is in UTC where the start has a zone. */
function untilOf(text: string, { clock }: Times): number {
  const [time, isUtc] = readTime(text);
  return isUtc ? clock.at(time) : /T/.test(text) ? time : time + DAY - 1;
}

function timesOf({ name, parameters, value }: Property, calendarClock: ZoneClock): Times {
  const texts = value.split(',');
  if (parameters.VALUE === 'PERIOD') {
    throw unsupported(`${name} has periods, which the local run does not know`);
  }
  const read = texts.map(readTime);
  const isUtc = read.some(([, utc]) => utc);
  const clock = isUtc ? UTC : parameters.TZID === undefined ? calendarClock : clockOf(parameters.TZID);
  return { clock, times: read.map(([time]) => time), isDate: texts.every((text) => !text.includes('T')) };
}

/** @returns the time as if the clock were UTC's, and whether it is */
function readTime(text: string): [time: number, isUtc: boolean] {
  const [, year, month, day, hour = '00', minute = '00', second = '00', utc] = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$/.exec(text) ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time)) {
    throw unsupported(`a time must be as 20261224T180000Z or 20261224, got ${text}`);
  }
  return [time, utc !== undefined];
}

function readDuration(text: string): number {
  const [whole, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = /^\+?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text) ?? [];
  if (whole === undefined) {
    throw unsupported(`DURATION must be as PT2H or P1D, got ${text}`);
  }
  return (Number(weeks) * 7 + Number(days)) * DAY + (Number(hours) * 60 + Number(minutes)) * MINUTE + Number(seconds) * 1000;
}

function clockOf(zone: string): ZoneClock {
  const clock = ZoneClock.of(zone);
  if (!clock) {
    throw unsupported(`the local run knows time zones by their names in the IANA database, such as Europe/Rome, got ${zone}`);
  }
  return clock;
}

function readProperty(line: string): Property {
  const [, name, rest, value] = /^([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)$/s.exec(line) ?? [];
  if (name === undefined) {
    throw unsupported(`a line must be NAME:value, got ${line.slice(0, 60)}`);
  }
  const parameters = [...rest.matchAll(/;([A-Za-z0-9-]+)=("[^"]*"|[^;]*)/g)].map(([, key, text]) => [key.toUpperCase(), text.replace(/^"|"$/g, '')]);
  return { name: name.toUpperCase(), parameters: Object.fromEntries(parameters), value: value.trim() };
}

/** The properties of each component of a kind, without those of components in it, such as alarms. */
function components(properties: Property[], kind: string): Property[][] {
  const found: Property[][] = [];
  const open: string[] = [];
  for (const property of properties) {
    if (property.name === 'BEGIN') {
      open.push(property.value);
      if (property.value === kind) {
        found.push([]);
      }
    } else if (property.name === 'END') {
      open.pop();
    } else if (open.at(-1) === kind) {
      found.at(-1)!.push(property);
    }
  }
  return found;
}

function valueOf(properties: Property[], name: string): string | undefined {
  return properties.find((property) => property.name === name)?.value;
}

export function unsupported(problem: string): AwsError {
  return new AwsError('UnsupportedCalendarException', `The calendar can not be read: ${problem}`);
}
