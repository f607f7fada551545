// A spreadsheet runs a text that begins so as a formula, and names and log lines come from outside.
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** Comma-separated values as RFC 4180 has them; what would be a formula is marked as text with a `'`. */
export function toCsv(columns: string[], rows: string[][]): string {
  const cell = (value: string) => {
    const text = FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}
