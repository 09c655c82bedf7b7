import { stateOf } from '../../../../../src/local/services/ssm/calendar/calendar-state';
import { readCalendar } from '../../../../../src/local/services/ssm/calendar/icalendar';

/** A calendar that is open but for its events. */
function calendar(events: string[][], type: string = 'DEFAULT_OPEN', ...more: string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//AWS//Change Calendar 1.0//EN', `X-CALENDAR-TYPE:${type}`, ...more,
    ...events.flatMap((lines) => ['BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT']), 'END:VCALENDAR', ''].join('\r\n');
}

/** The state at a time: `OPEN until …` */
function at(time: string, ...texts: string[]): string {
  const { isOpen, changesAt } = stateOf(texts.map(readCalendar), Date.parse(time));
  return `${isOpen ? 'OPEN' : 'CLOSED'}${changesAt === undefined ? '' : ` until ${new Date(changesAt).toISOString().slice(0, 16)}`}`;
}

const christmas = calendar([['DTSTART:20261224T180000Z', 'DTEND:20261227T000000Z']]);

test.each([
  ['2026-12-24T17:59:59Z', 'OPEN until 2026-12-24T18:00'],
  ['2026-12-24T18:00:00Z', 'CLOSED until 2026-12-27T00:00'],
  ['2026-12-26T23:59:59Z', 'CLOSED until 2026-12-27T00:00'],
  ['2026-12-27T00:00:00Z', 'OPEN'],
])('an event closes a calendar from its start on, and before its end: %s', (time, state) => {
  expect(at(time, christmas)).toBe(state);
});

test('an event opens a calendar that is closed by default', () => {
  const open = calendar([['DTSTART:20261224T180000Z', 'DTEND:20261227T000000Z']], 'DEFAULT_CLOSED');
  expect([at('2026-12-24T17:00:00Z', open), at('2026-12-25T00:00:00Z', open), at('2026-12-28T00:00:00Z', open)])
    .toEqual(['CLOSED until 2026-12-24T18:00', 'OPEN until 2026-12-27T00:00', 'CLOSED']);
});

test('events that touch or overlap are one; of several calendars, one that is closed closes all', () => {
  const two = calendar([
    ['DTSTART:20260101T000000Z', 'DTEND:20260102T000000Z'], ['DTSTART:20260102T000000Z', 'DTEND:20260103T000000Z'],
    ['DTSTART:20260102T120000Z', 'DTEND:20260104T000000Z'],
  ]);
  expect(at('2026-01-01T12:00:00Z', two)).toBe('CLOSED until 2026-01-04T00:00');
  expect(at('2026-01-01T12:00:00Z', two, christmas)).toBe('CLOSED until 2026-01-04T00:00');
  expect(at('2026-12-25T00:00:00Z', two, christmas)).toBe('CLOSED until 2026-12-27T00:00');
});

test.each<[string, string[], string, string]>([
  ['a time of a zone, in winter', ['DTSTART;TZID=Europe/Rome:20260105T010000', 'DTEND;TZID=Europe/Rome:20260105T030000'],
    '2026-01-05T00:00:00Z', 'CLOSED until 2026-01-05T02:00'],
  ['and in summer, as it comes again', ['DTSTART;TZID="Europe/Rome":20260105T010000', 'DURATION:PT2H', 'RRULE:FREQ=DAILY'],
    '2026-07-05T00:00:00Z', 'CLOSED until 2026-07-05T01:00'],
  ['every Saturday and Sunday', ['DTSTART;VALUE=DATE:20260103', 'RRULE:FREQ=WEEKLY;BYDAY=SA,SU'],
    '2026-11-28T12:00:00Z', 'CLOSED until 2026-11-30T00:00'],
  ['every second week, on its own weekday', ['DTSTART:20260105T000000Z', 'DURATION:P1D', 'RRULE:FREQ=WEEKLY;INTERVAL=2'],
    '2026-01-12T12:00:00Z', 'OPEN until 2026-01-19T00:00'],
  ['the last Friday of a month', ['DTSTART:20260130T000000Z', 'DURATION:P1D', 'RRULE:FREQ=MONTHLY;BYDAY=-1FR'],
    '2026-02-20T00:00:00Z', 'OPEN until 2026-02-27T00:00'],
  ['the second Tuesday', ['DTSTART:20260113T000000Z', 'DURATION:P1D', 'RRULE:FREQ=MONTHLY;BYDAY=2TU'],
    '2026-02-10T00:00:00Z', 'CLOSED until 2026-02-11T00:00'],
  ['the last day of a month', ['DTSTART:20260131T000000Z', 'DURATION:P1D', 'RRULE:FREQ=MONTHLY;BYMONTHDAY=-1'],
    '2026-02-01T00:00:00Z', 'OPEN until 2026-02-28T00:00'],
  ['the 31st, which not every month has', ['DTSTART:20260131T000000Z', 'DURATION:P1D', 'RRULE:FREQ=MONTHLY'],
    '2026-02-01T00:00:00Z', 'OPEN until 2026-03-31T00:00'],
  ['the last weekday of a month', ['DTSTART:20260130T000000Z', 'DURATION:P1D', 'RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1'],
    '2026-05-01T00:00:00Z', 'OPEN until 2026-05-29T00:00'],
  ['a holiday of each year', ['DTSTART;VALUE=DATE:20200101', 'RRULE:FREQ=YEARLY'], '2026-12-31T00:00:00Z', 'OPEN until 2027-01-01T00:00'],
  ['the fourth Thursday of November', ['DTSTART;VALUE=DATE:20201126', 'RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH'],
    '2026-11-26T12:00:00Z', 'CLOSED until 2026-11-27T00:00'],
  ['three times', ['DTSTART:20260101T000000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=3'], '2026-01-03T01:00:00Z', 'OPEN'],
  ['until a time', ['DTSTART:20260101T000000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;UNTIL=20260102T000000Z'], '2026-01-02T00:30:00Z',
    'CLOSED until 2026-01-02T01:00'],
  ['and not after it', ['DTSTART:20260101T000000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;UNTIL=20260102T000000Z'], '2026-01-02T02:00:00Z', 'OPEN'],
  ['but for one time', ['DTSTART:20260101T000000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=3', 'EXDATE:20260102T000000Z'],
    '2026-01-02T00:00:00Z', 'OPEN until 2026-01-03T00:00'],
  ['but for one time, in UTC', ['DTSTART;TZID=Europe/Rome:20260101T010000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=3', 'EXDATE:20260102T000000Z'],
    '2026-01-02T00:00:00Z', 'OPEN until 2026-01-03T00:00'],
  ['and one more', ['DTSTART:20260101T000000Z', 'DURATION:PT1H', 'RDATE:20260201T000000Z'], '2026-01-02T00:00:00Z', 'OPEN until 2026-02-01T00:00'],
  ['a whole day of 23 hours, in its zone', ['DTSTART;TZID=Europe/Rome;VALUE=DATE:20260329'], '2026-03-29T00:00:00Z', 'CLOSED until 2026-03-29T22:00'],
  ['one that was called off', ['DTSTART:20260101T000000Z', 'DURATION:P9D', 'STATUS:CANCELLED'], '2026-01-02T00:00:00Z', 'OPEN'],
])('%s', (_, event, time, state) => {
  expect(at(time, calendar([event]))).toBe(state);
});

test('a moved occurrence is not where it was; lines are folded; alarms have times of their own', () => {
  const moved = calendar([
    ['DTSTART:20260101T000000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY', 'BEGIN:VALARM', 'DURATION:P9D', 'END:VALARM'],
    ['DTSTART:20260102T120000Z', 'DURA', ' TION:PT2H', 'RECURRENCE-ID:20260102T000000Z'].join('\r\n').split('\r\n'),
  ]);
  expect([at('2026-01-02T00:30:00Z', moved), at('2026-01-02T12:30:00Z', moved)])
    .toEqual(['OPEN until 2026-01-02T12:00', 'CLOSED until 2026-01-02T14:00']);
});

test('a time without a zone is that of X-WR-TIMEZONE', () => {
  const day = [['DTSTART;VALUE=DATE:20260601']];
  expect(at('2026-05-31T23:00:00Z', calendar(day, 'DEFAULT_OPEN', 'X-WR-TIMEZONE:Europe/Rome'))).toBe('CLOSED until 2026-06-01T22:00');
  expect(at('2026-05-31T23:00:00Z', calendar(day))).toBe('OPEN until 2026-06-01T00:00');
});

test.each<[string, string, RegExp]>([
  ['no calendar', 'holidays', /a line must be NAME:value/],
  ['another component', 'BEGIN:VEVENT\nEND:VEVENT', /must begin with BEGIN:VCALENDAR/],
  ['no type', calendar([]).replace(/X-CALENDAR-TYPE.*\r\n/, ''), /X-CALENDAR-TYPE must be DEFAULT_OPEN or DEFAULT_CLOSED, got none/],
  ['no start', calendar([['SUMMARY:Freeze']]), /the event Freeze has no DTSTART/],
  ['a time that is none', calendar([['DTSTART:tomorrow']]), /a time must be as 20261224T180000Z or 20261224, got tomorrow/],
  ['a zone of Windows', calendar([['DTSTART;TZID=W. Europe Standard Time:20260101T000000']]), /IANA database.*got W. Europe Standard Time/],
  ['a part of a rule', calendar([['DTSTART:20260101T000000Z', 'RRULE:FREQ=YEARLY;BYWEEKNO=20']]), /got FREQ=YEARLY;BYWEEKNO=20/],
  ['another frequency', calendar([['DTSTART:20260101T000000Z', 'RRULE:FREQ=HOURLY']]), /FREQ DAILY, WEEKLY, MONTHLY, YEARLY, got FREQ=HOURLY/],
  ['a number that is none', calendar([['DTSTART:20260101T000000Z', 'RRULE:FREQ=DAILY;INTERVAL=0']]), /numbers or days/],
  ['days of a year', calendar([['DTSTART:20260101T000000Z', 'RRULE:FREQ=YEARLY;BYDAY=20MO']]), /numbers or days/],
  ['periods', calendar([['DTSTART:20260101T000000Z', 'RDATE;VALUE=PERIOD:20260101T000000Z/PT1H']]), /RDATE has periods/],
])('what is not known is refused, not left out: %s', (_, text, problem) => {
  expect(() => readCalendar(text)).toThrow(problem);
});
