import { TIME_OF_DAY } from '../protocol/late';
import { quote } from '../protocol/text';

/**
 * Reads a value that another release may have written: takes it as it is where it is what it must be, and otherwise notes the problem and
 * takes a stand-in of the same kind. So nothing that comes later has to expect anything but the declared type.
 *
 * @param where the name of the field, for the problem
 */
export type Read<T> = (value: unknown, where: string, problems: string[]) => T;

/** A field for every field of a type: one that is added to the type, and not here, does not compile. */
export type Fields<T> = { readonly [field in keyof Required<T>]: Read<T[field]> };

/** Longer than anything here may take, and short enough to be added to a time. Seconds. */
const MAX_NUMBER = 315_360_000;

export const text: Read<string> = must('be a text', '', (value) => typeof value === 'string' && !/\p{Surrogate}/u.test(value));
/** A text that names something. */
export const name: Read<string> = must('be a name', '', (value) => typeof value === 'string' && value !== '' && !/\p{Surrogate}/u.test(value));
export const flag: Read<boolean> = must('be true or false', false, (value) => typeof value === 'boolean');
export const time = (standIn: string): Read<string> =>
  must('be a time', standIn, (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)));

export const timeOfDay: Read<string> = must('be a time of day', '00:00', (value) => typeof value === 'string' && TIME_OF_DAY.test(value));

/** A number from `least` on. */
export function number(least: number, standIn: number = least): Read<number> {
  return must(`be a number from ${least} to ${MAX_NUMBER}`, standIn,
    (value) => typeof value === 'number' && value >= least && value <= MAX_NUMBER);
}

/** One of some texts: what a later release may add is no problem where it does not matter here. */
export function oneOf<T extends string>(values: readonly T[], standIn: T): Read<T> {
  return must(`be one of ${values.join(', ')}`, standIn, (value) => values.some((known) => known === value));
}

/** A text, with what a type says of it: nothing is checked but that it is a text. */
export function textAs<T extends string>(): Read<T> {
  return text as Read<T>;
}

/** What a release that has not had the field does, or one that has left it away. Both are no problem. */
export function optional<T>(read: Read<T>): Read<T | undefined> {
  return (value, where, problems) => {
    if (value === undefined || value === null) {
      return undefined;
    }
    const known = problems.length;
    const result = read(value, where, problems);
    return problems.length > known ? undefined : result;
  };
}

/** Where the field is missing, this is what its release meant, or what does no harm. */
export function orElse<T>(read: Read<T>, standard: T): Read<T> {
  return (value, where, problems) => value === undefined || value === null ? standard : read(value, where, problems);
}

/** A list, which is empty where anything is wrong with it. */
export function list<T>(read: Read<T>): Read<T[]> {
  return (value, where, problems) => {
    if (!Array.isArray(value)) {
      return refuse('be a list', [], value, where, problems);
    }
    const known = problems.length;
    const items = value.map((item, i) => read(item, `${where}[${i}]`, problems));
    return problems.length > known ? [] : items;
  };
}

/** Values by their names. */
export function record<T>(read: Read<T>): Read<{ [name: string]: T }> {
  return (value, where, problems) => isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, read(item, `${where}.${key}`, problems)]))
    : refuse('be an object', {}, value, where, problems);
}

/** An object. Fields that are not known here are those of a later release, and are left out. */
export function object<T extends object>(fields: Fields<T>): Read<T> {
  return (value, where, problems) => {
    const given: { [name: string]: unknown } = isObject(value) ? value : refuse('be an object', {}, value, where, problems);
    const known = problems.length;
    const entries = Object.entries<Read<unknown>>(fields).map(([field, read]): [string, unknown] =>
      [field, read(Object.hasOwn(given, field) ? given[field] : undefined, `${where}.${field}`, problems)]);
    if (!isObject(value)) {
      // That its fields are missing, too, says nothing more.
      problems.splice(known);
    }
    return Object.fromEntries(entries.filter(([, read]) => read !== undefined)) as T;
  };
}

export function isObject(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function must<T>(rule: string, standIn: T, isRight: (value: unknown) => boolean): Read<T> {
  return (value, where, problems) => isRight(value) ? value as T : refuse(rule, standIn, value, where, problems);
}

function refuse<T>(rule: string, standIn: T, value: unknown, where: string, problems: string[]): T {
  problems.push(`${where} must ${rule}, got ${value === undefined ? 'nothing' : quote(value)}`);
  return standIn;
}
