import { validationError } from '../aws/aws-error';

/** A number as DynamoDB has it: exact, up to 38 digits. It is `digits * 10 ** exponent`. */
export interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const MAX_DIGITS = 38;
/** Of the first digit. */
const MAX_MAGNITUDE = 125;
const MIN_MAGNITUDE = -130;

/**
 * Reads a number.
 *
 * @throws AwsError `ValidationException` if it is none, or DynamoDB can not keep it
 */
export function parseDecimal(text: string): Decimal {
  const [, sign = '', whole = '', fraction = '', power = '0'] = NUMBER.exec(text) ?? [];
  if (whole + fraction === '') {
    throw validationError(`The parameter cannot be converted to a numeric value: ${text}`);
  }
  const significant = (whole + fraction).replace(/^0+/, '');
  const digits = significant.replace(/0+$/, '');
  if (digits === '') {
    return { digits: 0n, exponent: 0 };
  }
  const exponent = Number(power) - fraction.length + significant.length - digits.length;
  return checkRange({ digits: BigInt(sign + digits), exponent });
}

function checkRange(number: Decimal): Decimal {
  const length = String(number.digits).replace('-', '').length;
  const magnitude = number.exponent + length - 1;
  if (length > MAX_DIGITS) {
    throw validationError('Attempting to store more than 38 significant digits in a Number');
  }
  if (magnitude > MAX_MAGNITUDE) {
    throw validationError('Number overflow. Attempting to store a number with magnitude larger than supported range');
  }
  if (magnitude < MIN_MAGNITUDE) {
    throw validationError('Number underflow. Attempting to store a number with magnitude smaller than supported range');
  }
  return number;
}

/** Without an exponent, and without zeros that say nothing. */
export function formatDecimal({ digits, exponent }: Decimal): string {
  const sign = digits < 0n ? '-' : '';
  const text = String(digits).replace('-', '');
  if (exponent >= 0) {
    return sign + text + '0'.repeat(exponent);
  }
  const padded = text.padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** @returns a negative number, zero, or a positive number */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const [a, b] = aligned(left, right);
  return a < b ? -1 : Number(a > b);
}

/** @throws AwsError `ValidationException` if DynamoDB can not keep the sum */
export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const [a, b, exponent] = aligned(left, right);
  return parseDecimal(`${a + b}e${exponent}`);
}

export function negateDecimal({ digits, exponent }: Decimal): Decimal {
  return { digits: -digits, exponent };
}

function aligned(left: Decimal, right: Decimal): [bigint, bigint, number] {
  const exponent = Math.min(left.exponent, right.exponent);
  const scaled = (number: Decimal): bigint => number.digits * 10n ** BigInt(number.exponent - exponent);
  return [scaled(left), scaled(right), exponent];
}
