// When policies want what, a week at a time, on the clock of each row or on that of the browser; and what people keep
// otherwise for a while.
import { useCalendar, type Calendar } from '../../api/automation';
import { Choices } from '../../components/choices';
import { KeepButton } from '../../components/keep_dialog';
import { OverrideLine } from '../../components/overrides';
import { PageHead } from '../../components/page_head';
import { Answer, Empty } from '../../components/states';
import { useNow } from '../../components/time';
import { useAddress } from '../../components/use_address';
import { useI18n, useT } from '../../i18n';
import './calendar.css';
import { FreezeItem } from './freeze';
import { Days, overridesOf, RowItem } from './row';
import { browserZone, coveringOf, dateOf, DAY_MS, readMonday, wallTime } from './week';

export function CalendarPage() {
  const t = useT();
  const [of, put] = useAddress();
  const today = wallTime(Math.floor(useNow() / 60_000) * 60_000, browserZone());
  const monday = readMonday(of('week'), today);
  const isOwn = of('clock') !== 'browser';
  const { from, days } = coveringOf(monday);
  const answer = useCalendar(from, days);
  return (
    <>
      <PageHead title={t('nav.calendar')}>
        <KeepButton />
      </PageHead>
      <div className="row between">
        <div className="row">
          <WeekButtons monday={monday} go={(week) => put({ week })} />
        </div>
        <Choices
          label={t('calendar.clock')}
          value={isOwn ? 'own' : 'browser'}
          onChange={(value) => put({ clock: value === 'own' ? '' : value })}
          options={[
            { value: 'own', text: t('calendar.clock.own') },
            { value: 'browser', text: t('calendar.clock.browser', { zone: browserZone() }) },
          ]}
        />
      </div>
      <Answer of={answer}>
        {(calendar) => (
          <Week calendar={calendar} monday={monday} today={today} zone={isOwn ? '' : browserZone()} />
        )}
      </Answer>
    </>
  );
}

function WeekButtons({ monday, go }: { monday: number; go: (week: string) => void }) {
  const { t, language } = useI18n();
  const format = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return (
    <>
      <button type="button" className="button small" onClick={() => go(dateOf(monday - 7 * DAY_MS))}>
        {t('calendar.before')}
      </button>
      <button type="button" className="button small" onClick={() => go('')}>
        {t('calendar.this')}
      </button>
      <button type="button" className="button small" onClick={() => go(dateOf(monday + 7 * DAY_MS))}>
        {t('calendar.after')}
      </button>
      <strong role="status">{format.formatRange(monday, monday + 6 * DAY_MS)}</strong>
    </>
  );
}

/** `zone` is that of all rows, "" for each row's own. */
function Week(props: { calendar: Calendar; monday: number; today: number; zone: string }) {
  const { calendar, monday, today, zone } = props;
  const t = useT();
  const rows = calendar.rows.map((row) => ({ row, overrides: overridesOf(row, calendar.overrides) }));
  const shown = new Set(rows.flatMap(({ overrides }) => overrides.map(({ id }) => id)));
  const others = calendar.overrides.filter(({ id }) => !shown.has(id));
  return (
    <>
      {rows.length === 0 && calendar.freezes.length === 0 ? (
        <Empty centre>{t('calendar.none')}</Empty>
      ) : (
        <section className="card calendar" aria-label={t('calendar.week')}>
          <Days monday={monday} today={today} />
          <ul className="plain">
            {calendar.freezes.map((freeze) => (
              <FreezeItem key={freeze.name} freeze={freeze} monday={monday} zone={zone || freeze.zone} />
            ))}
            {rows.map(({ row, overrides }) => (
              <RowItem
                key={`${row.policy} ${row.hours} ${row.zone}`}
                row={row}
                overrides={overrides}
                monday={monday}
                zone={zone || row.zone}
              />
            ))}
          </ul>
        </section>
      )}
      {others.length > 0 && (
        <section className="card" aria-label={t('calendar.others')}>
          <h2>{t('calendar.others')}</h2>
          <ul className="plain stack tight">
            {others.map((override) => (
              <OverrideLine key={override.id} override={override} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
