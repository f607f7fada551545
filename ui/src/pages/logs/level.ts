import type { LogLine } from '../../api/types';

export type Level = 'error' | 'warning' | '';

/** How loud a line is: its label says so, else its words. */
export function levelOf(line: LogLine): Level {
  const label = (line.labels['level'] ?? line.labels['severity'] ?? '').toLowerCase();
  if (/^(error|err|crit|alert|emerg|fatal|panic)/.test(label)) return 'error';
  if (/^warn/.test(label)) return 'warning';
  if (label !== '') return '';
  const text = line.text.slice(0, 200);
  if (/\b(error|fatal|panic|critical|exception)\b/i.test(text)) return 'error';
  if (/\bwarn(ing)?\b/i.test(text)) return 'warning';
  return '';
}
