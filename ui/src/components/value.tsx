// The value of a resource's field, as its column's type and name say.
import type { ColumnType, Json } from '../api/types';
import { formatNumber, formatUnit, unitOf } from '../format/units';
import { Time } from './time';

export function fieldText(value: Json | undefined, type: ColumnType, name: string): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') {
    const unit = unitOf(name);
    if (unit !== 'number') return formatUnit(value, unit);
    // Process ids and ports are names, not amounts.
    return type === 'real' ? formatNumber(value) : String(value);
  }
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

export function FieldValue({
  value,
  type,
  name,
}: {
  value: Json | undefined;
  type: ColumnType;
  name: string;
}) {
  if (type === 'time' && typeof value === 'string') return <Time at={value} />;
  const text = fieldText(value, type, name);
  return typeof value === 'object' && value !== null ? <code>{text}</code> : <>{text}</>;
}
