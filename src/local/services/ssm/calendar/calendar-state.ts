import { CalendarEvent, ChangeCalendar, instantOf } from './icalendar';

const DAY = 86_400_000;

/** How far ahead a change is looked for. SSM names none where there is none; how far it looks is not documented. */
const HORIZON_DAYS = 5 * 366;

/** A state, as GetCalendarState answers it. Times are instants. */
export interface CalendarState {
  readonly isOpen: boolean;
  /** When it changes; none within some years. */
  readonly changesAt?: number;
}

/** From an instant on, up to another one. */
interface Interval {
  readonly start: number;
  readonly end: number;
}

/** The state of calendars together: open only where all of them are. */
export function stateOf(calendars: ChangeCalendar[], at: number): CalendarState {
  for (let days = 32; ; days *= 4) {
    const until = at + Math.min(days, HORIZON_DAYS) * DAY;
    const busy = calendars.map(({ events }) => events.flatMap((event) => intervals(event, until)));
    const isOpenAt = (time: number) => calendars.every(({ isOpen }, i) =>
      isOpen !== busy[i].some(({ start, end }) => start <= time && time < end));
    const isOpen = isOpenAt(at);
    const edges = busy.flat().flatMap(({ start, end }) => [start, end]).filter((time) => time > at && time <= until).sort((a, b) => a - b);
    const changesAt = edges.find((time) => isOpenAt(time) !== isOpen);
    if (changesAt !== undefined || days >= HORIZON_DAYS) {
      return { isOpen, changesAt };
    }
  }
}

/** When an event is, as far as it begins before an instant. */
function intervals({ clock, start, length, isWholeDays, recurrence, added, excluded }: CalendarEvent, until: number): Interval[] {
  const starts = [...recurrence ? recurrence.startsUntil(clock.at(until)) : [start], ...added];
  return starts.filter((time) => !excluded.includes(time)).map((time) => {
    const begin = instantOf(clock, time);
    // A day may have 23 hours, or 25.
    return { start: begin, end: isWholeDays ? instantOf(clock, time + length) : begin + length };
  });
}
