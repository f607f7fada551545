// Money, hours and shares as people read them. Pure.

/** With the currency's own number of digits; more where the amount is small. */
export function money(value: number, currency: string): string {
  const small = value !== 0 && Math.abs(value) < 0.1;
  try {
    return new Intl.NumberFormat(undefined, {
      style: 'currency',
      currency,
      currencyDisplay: 'code',
      ...(small ? { maximumSignificantDigits: 2 } : {}),
    }).format(value);
  } catch {
    return `${value.toFixed(2)} ${currency}`;
  }
}

export function hours(value: number): string {
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(value)} h`;
}

/** One digit, as 73.2 % and 73.0 % are told apart. */
export function share(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toFixed(1)} %`;
}
