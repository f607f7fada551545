// A change freeze over a week: when it holds back what it covers.
import type { CalendarFreeze } from '../../api/automation';
import { Time, useNow } from '../../components/time';
import { useI18n, useT } from '../../i18n';
import { clockOf, placeOf, wallTime } from './week';

const TICK_MS = 60_000;
const percent = (share: number) => `${100 * share}%`;

function Label({ freeze }: { freeze: CalendarFreeze }) {
  const t = useT();
  const { policies, people, roles } = freeze.except;
  const exempt = [...policies, ...people, ...roles].join(', ');
  return (
    <div className="calendar-label">
      <strong>{freeze.name}</strong>
      <span className="small">
        {freeze.times} <span className="muted">{freeze.zone}</span>
      </span>
      <span className="small muted">
        {freeze.covers_all ? t('calendar.freeze.all') : t('calendar.freeze.covers', { what: freeze.covers })}
      </span>
      {exempt && <span className="small muted">{t('calendar.freeze.except', { who: exempt })}</span>}
      {freeze.help && <span className="small">{freeze.help}</span>}
      {freeze.as_of && (
        <span className="error small">
          {t('calendar.freeze.as_of')} <Time at={freeze.as_of} full />
        </span>
      )}
      {freeze.mistake && (
        <span className="error small">{t('calendar.freeze.mistake', { what: freeze.mistake })}</span>
      )}
    </div>
  );
}

export function FreezeItem(props: { freeze: CalendarFreeze; zone: string; monday: number }) {
  const { freeze, zone, monday } = props;
  const { t, language } = useI18n();
  const now = wallTime(Math.floor(useNow() / TICK_MS) * TICK_MS, zone);
  const day = new Intl.DateTimeFormat(language, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });
  const spans = freeze.spans.flatMap(({ from, to }) => {
    const [begin, end] = [wallTime(Date.parse(from), zone), wallTime(Date.parse(to), zone)];
    const place = placeOf(begin, end, monday);
    const text = `${day.format(begin)} ${clockOf(begin)} – ${day.format(end)} ${clockOf(end)}`;
    return place ? [{ ...place, text }] : [];
  });
  const present = placeOf(now, now + TICK_MS, monday);
  return (
    <li className="calendar-row" aria-label={t('calendar.freeze', { name: freeze.name })}>
      <Label freeze={freeze} />
      <div
        className="calendar-track"
        role="img"
        aria-label={spans.length > 0 ? spans.map(({ text }) => text).join(', ') : t('calendar.nothing')}
        style={{ minHeight: '2.2rem' }}
      >
        {spans.map(({ left, width, text }) => (
          <span
            key={left}
            className="calendar-freeze"
            title={text}
            style={{ left: percent(left), width: percent(width) }}
          >
            <span className="calendar-text">{t('calendar.freeze', { name: freeze.name })}</span>
          </span>
        ))}
        {present && <span className="calendar-now" style={{ left: percent(present.left) }} />}
      </div>
    </li>
  );
}
