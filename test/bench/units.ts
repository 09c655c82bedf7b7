const UNITS: readonly [number, string][] = [[3600, 'h'], [60, 'min'], [1, 's']];

/** A length that is a whole number of a unit, e.g. `47 h`, `5 min`, `10 s`. */
export function duration(total: number): string {
  const [size, unit] = UNITS.find(([one]) => total >= one && total % one === 0) ?? [1, 's'];
  return `${total / size} ${unit}`;
}

/** A time that was measured, to the digits that mean something: `0.5 s`, `12 s`, `4.2 min`, `46.3 h`. */
export function seconds(total: number): string {
  if (total < 10) {
    return `${total.toFixed(1)} s`;
  }
  if (total < 120) {
    return `${total.toFixed(0)} s`;
  }
  return total < 7200 ? `${(total / 60).toFixed(1)} min` : `${(total / 3600).toFixed(1)} h`;
}

/** E.g. `7,062 B`, `409 KB`, `1.2 MB`; thousands, as npm counts. */
export function bytes(count: number): string {
  if (count < 10_000) {
    return `${count.toLocaleString('en')} B`;
  }
  return count < 1_000_000 ? `${Math.round(count / 1000)} KB` : `${(count / 1_000_000).toFixed(1)} MB`;
}
