// A window of a policy over a week: its spans, what people said otherwise, and the present.
import { Link } from 'react-router-dom';

import type { CalendarRow, Override } from '../../api/automation';
import { KeepButton } from '../../components/keep_dialog';
import { OverrideLine, useStateName } from '../../components/overrides';
import { resourcePath } from '../../components/resource_link';
import { useNow } from '../../components/time';
import { useI18n, useT } from '../../i18n';
import { browserZone, clockOf, DAY_MS, placeOf, wallTime } from './week';

const MOST_READ = 30;
const MOST_LANES = 4;
const SHOWN_OVERRIDES = 3;
const TICK_MS = 60_000;

const percent = (share: number) => `${100 * share}%`;
const clock = (at: string, zone: string) => wallTime(Date.parse(at), zone);

/** Whether it is about a target of the row by its own words, before any policy has decided anew. */
function isAbout(row: CalendarRow, { policy, resource }: Override): boolean {
  if (policy !== '' && policy !== row.policy) return false;
  return resource === '' ? policy !== '' : row.resources.some(({ id }) => id === resource);
}

/** Those that decide over targets of the row; of a row that is not listed whole, over its policy. */
export function overridesOf(row: CalendarRow, overrides: Override[]): Override[] {
  const named = new Set(row.resources.map(({ override }) => override));
  const isCut = row.count > row.resources.length;
  const isDecider = ({ id, decides }: Override) =>
    named.has(id) || (isCut && decides.some(({ policy }) => policy === row.policy));
  return overrides.filter((override) => isDecider(override) || isAbout(row, override));
}

function Label({ row }: { row: CalendarRow }) {
  const t = useT();
  const [only] = row.count === 1 ? row.resources : [];
  return (
    <div className="calendar-label">
      <strong>{row.policy}</strong>
      <span className="small">
        {row.hours} {!row.hours.endsWith(row.zone) && <span className="muted">{row.zone}</span>}
      </span>
      {row.more && (
        <span className="small muted">{t('calendar.more_times', { count: row.times?.length ?? 0 })}</span>
      )}
      {row.inside && (
        <span className="small muted">
          {row.outside
            ? t('calendar.states', { inside: row.inside, outside: row.outside })
            : t('calendar.state', { inside: row.inside })}
        </span>
      )}
      <details className="small">
        <summary>{t('calendar.resources', { count: row.count })}</summary>
        <ul className="plain calendar-names">
          {row.resources.map(({ id, name, override }) => (
            <li key={id}>
              <Link to={resourcePath(id)}>{name}</Link>
              {override && <span className="badge accent">{t('calendar.overridden')}</span>}
            </li>
          ))}
          {row.count > row.resources.length && (
            <li className="muted">{t('calendar.more', { count: row.count - row.resources.length })}</li>
          )}
        </ul>
      </details>
      <KeepButton wish={{ policy: row.policy, ...(only && { resource: only.id }) }} />
    </div>
  );
}

function Track(props: { row: CalendarRow; zone: string; monday: number; overrides: Override[] }) {
  const { row, zone, monday, overrides } = props;
  const { t, language } = useI18n();
  const name = useStateName();
  const now = wallTime(Math.floor(useNow() / TICK_MS) * TICK_MS, zone);
  const day = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' });
  const spans = (row.spans ?? []).flatMap(({ from, to }) => {
    const [begin, end] = [clock(from, zone), clock(to, zone)];
    const place = placeOf(begin, end, monday);
    return place ? [{ ...place, text: `${day.format(begin)} ${clockOf(begin)}–${clockOf(end)}` }] : [];
  });
  const ticks = (row.times ?? []).flatMap((at) => {
    const wall = clock(at, zone);
    const place = placeOf(wall, wall + TICK_MS, monday);
    return place ? [{ left: place.left, text: `${day.format(wall)} ${clockOf(wall)}` }] : [];
  });
  const kept = overrides.flatMap((override) => {
    const place = placeOf(clock(override.from, zone), clock(override.until, zone), monday);
    const until = clockOf(clock(override.until, zone));
    const text = t('calendar.kept', { state: name(override.state), by: override.by, until });
    return place ? [{ ...place, id: override.id, text }] : [];
  });
  const lanes = Math.min(MOST_LANES, kept.length);
  const present = placeOf(now, now + TICK_MS, monday);
  const read = [...spans, ...ticks, ...kept].slice(0, MOST_READ).map(({ text }) => text);
  return (
    <div
      className="calendar-track"
      role="img"
      aria-label={read.length > 0 ? read.join(', ') : t('calendar.nothing')}
      style={{ minHeight: `${2.2 + 1.25 * lanes}rem` }}
    >
      {spans.map(({ left, width, text }) => (
        <span
          key={left}
          className="calendar-span"
          title={text}
          style={{ left: percent(left), width: percent(width) }}
        />
      ))}
      {ticks.map(({ left, text }) => (
        <span key={left} className="calendar-tick" title={text} style={{ left: percent(left) }} />
      ))}
      {kept.map(({ id, left, width, text }, at) => (
        <span
          key={id}
          className="calendar-override"
          title={text}
          style={{
            left: percent(left),
            width: percent(width),
            top: `${2.05 + 1.25 * (at % MOST_LANES)}rem`,
          }}
        >
          <span className="calendar-text">{text}</span>
        </span>
      ))}
      {present && <span className="calendar-now" style={{ left: percent(present.left) }} />}
    </div>
  );
}

export function RowItem(props: { row: CalendarRow; zone: string; monday: number; overrides: Override[] }) {
  const { row, overrides } = props;
  const t = useT();
  const [first, others] = [overrides.slice(0, SHOWN_OVERRIDES), overrides.slice(SHOWN_OVERRIDES)];
  // On the clock of the bars above it; the browser's own needs no name.
  const { language } = useI18n();
  const day = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const until = (override: Override) => {
    if (props.zone === browserZone()) return undefined;
    const [end, now] = [clock(override.until, props.zone), wallTime(Date.now(), props.zone)];
    const date = day.format(end) === day.format(now) ? '' : `${day.format(end)} `;
    return `${date}${clockOf(end)} ${props.zone}`;
  };
  return (
    <li className="calendar-row" aria-label={t('calendar.row', { policy: row.policy, hours: row.hours })}>
      <Label row={row} />
      <div className="stack tight calendar-body">
        {row.error ? <p className="error">{row.error}</p> : <Track {...props} />}
        {first.length > 0 && (
          <ul className="plain stack tight">
            {first.map((override) => (
              <OverrideLine key={override.id} override={override} until={until(override)} />
            ))}
          </ul>
        )}
        {others.length > 0 && (
          <details className="small">
            <summary>{t('calendar.more_overrides', { count: others.length })}</summary>
            <ul className="plain stack tight">
              {others.map((override) => (
                <OverrideLine key={override.id} override={override} until={until(override)} />
              ))}
            </ul>
          </details>
        )}
      </div>
    </li>
  );
}

/** The days above the tracks. */
export function Days({ monday, today }: { monday: number; today: number }) {
  const { language } = useI18n();
  const weekday = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' });
  return (
    <div className="calendar-head" aria-hidden="true">
      <span />
      <div className="calendar-days">
        {Array.from({ length: 7 }, (_, at) => monday + at * DAY_MS).map((day) => (
          <span key={day} className={day <= today && today < day + DAY_MS ? 'today' : ''}>
            <span>{weekday.format(day)}</span> <span>{new Date(day).getUTCDate()}</span>
          </span>
        ))}
      </div>
    </div>
  );
}
