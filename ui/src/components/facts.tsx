// Facts as a stream: when, what, about what, by whom, because of which.
import { Link } from 'react-router-dom';

import type { Fact, Json } from '../api/types';
import { useI18n } from '../i18n';
import { Time } from './time';

const SPOKEN = ['says', 'title', 'message', 'reason', 'name', 'text', 'state', 'path'];
const MOST_MEMBERS = 4;

type Members = { [name: string]: Json };

function isMembers(value: Json | undefined): value is Members {
  return value !== null && value !== undefined && typeof value === 'object' && !Array.isArray(value);
}

function changesText(changed: Members): string {
  const text = (value: Json | undefined) =>
    typeof value === 'string' ? value : JSON.stringify(value ?? null);
  return Object.entries(changed)
    .map(([field, values]) =>
      Array.isArray(values) ? `${field}: ${text(values[0])} → ${text(values[1])}` : field,
    )
    .join(', ');
}

/** One line of what a fact's body tells: its sentence where it has one, else its first members. */
export function factText(body: Json): string {
  if (!isMembers(body)) return body === null ? '' : JSON.stringify(body);
  if (isMembers(body['plan'])) return factText(body['plan']);
  if (isMembers(body['changed'])) return changesText(body['changed']);
  if (isMembers(body['action'])) {
    const { verb, target, reason } = body['action'];
    return [verb, target, reason].filter((part) => typeof part === 'string' && part !== '').join(' · ');
  }
  const { kind, target } = body;
  if (typeof kind === 'string' && typeof target === 'string') return `${kind} → ${target}`;
  const sentences = SPOKEN.map((name) => body[name]).filter(
    (value): value is string => typeof value === 'string',
  );
  const [first, second] = sentences.filter((text) => text !== '');
  if (first) return second && !first.includes(second) ? `${first} · ${second}` : first;
  const members = Object.entries(body).slice(0, MOST_MEMBERS);
  return members.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ');
}

/** Where the subject of a fact is shown. */
export function subjectPath(kind: string, subject: string): string | null {
  if (subject.startsWith('inc-')) return `/incidents/${subject}`;
  if (kind.startsWith('plan.')) return `/plans/${encodeURIComponent(subject)}`;
  if (subject.includes('/') && /^(resource|relation)\./.test(kind))
    return `/resource?id=${encodeURIComponent(subject)}`;
  return null;
}

export function FactRow({ fact, current = false }: { fact: Fact; current?: boolean }) {
  const { t, tOr } = useI18n();
  const path = subjectPath(fact.kind, fact.subject);
  return (
    <li className={current ? 'fact current' : 'fact'} id={`fact-${fact.seq}`}>
      <div className="fact-when">
        <Time at={fact.at} />
        <Link className="muted small" to={`/facts?seq=${fact.seq}`}>
          {t('fact.number', { seq: String(fact.seq) })}
        </Link>
      </div>
      <div className="grow">
        <div className="row fact-what">
          <strong>{tOr(`fact.${fact.kind}`, fact.kind)}</strong>
          {path ? <Link to={path}>{fact.subject}</Link> : <span>{fact.subject}</span>}
          <span className="muted small">{fact.actor}</span>
          {fact.cause > 0 && (
            <Link className="small" to={`/facts?seq=${fact.cause}`}>
              {t('fact.because', { seq: String(fact.cause) })}
            </Link>
          )}
        </div>
        <div className="small">
          {fact.redacted ? <em className="muted">{t('fact.redacted')}</em> : factText(fact.body)}
        </div>
        {!fact.redacted && (
          <details className="small">
            <summary className="muted">{t('fact.body')}</summary>
            <pre className="lines">{JSON.stringify(fact.body, null, 2)}</pre>
          </details>
        )}
      </div>
    </li>
  );
}

export function FactList({ facts, current }: { facts: Fact[]; current?: number }) {
  return (
    <ol className="plain facts">
      {facts.map((fact) => (
        <FactRow key={fact.seq} fact={fact} current={fact.seq === current} />
      ))}
    </ol>
  );
}
