// Two versions of a resource, chosen among those that are kept, and what differs: as YAML, and place by place.
import { useDifference } from '../../api/queries';
import type { Difference, Json, ResourceChange, Version } from '../../api/types';
import { Choices } from '../../components/choices';
import { DiffView } from '../../components/diff_view';
import { Answer, Empty } from '../../components/states';
import { useAddress } from '../../components/use_address';
import { localTime } from '../../format/time';
import { toYaml } from '../../format/yaml';
import { useT } from '../../i18n';

const text = (value: Json) => (typeof value === 'string' ? value : JSON.stringify(value));

type ListedVersion = ResourceChange & { seq: number };

/** Only what a counterpart reports of the object has changed, nothing that anybody asks of it. */
const isStatusOnly = ({ kind, places, status_places }: ResourceChange) =>
  kind === 'changed' && places > 0 && places === status_places;

export function Compare(props: { id: string; history: ResourceChange[]; isObject: boolean }) {
  const t = useT();
  const [of, put] = useAddress();
  const { id, history } = props;
  const all = history.filter((one): one is ListedVersion => one.seq !== null);
  const withStatus = !props.isObject || of('status') === '1';
  const isChosen = ({ seq }: ListedVersion) => of('after') === String(seq) || of('before') === String(seq);
  const versions = all.filter((one) => withStatus || !isStatusOnly(one) || isChosen(one));
  const newest = versions[0]?.seq ?? 0;
  const after = Number(of('after')) || newest;
  const older = versions.filter(({ seq }) => seq < after);
  const before = of('before') ? Number(of('before')) : (older[0]?.seq ?? 0);
  const places = of('view') === 'places';
  const answer = useDifference(id, before, after);
  if (versions.length === 0) return <Empty>{t('resource.no_history')}</Empty>;
  const option = ({ seq, at }: { seq: number; at: string }) => (
    <option key={seq} value={seq}>
      {t('compare.version', { seq: String(seq), at: localTime(new Date(at)) })}
    </option>
  );
  return (
    <section className="card stack">
      <div className="row">
        <label className="row small">
          {t('compare.from')}
          <select value={before} onChange={(event) => put({ before: event.target.value })}>
            <option value={0}>{t('compare.nothing')}</option>
            {versions.filter(({ seq }) => seq !== after).map(option)}
          </select>
        </label>
        <label className="row small">
          {t('compare.to')}
          <select value={after} onChange={(event) => put({ after: event.target.value })}>
            {versions.map(option)}
          </select>
        </label>
        <Choices
          label={t('compare.view')}
          value={places ? 'places' : 'yaml'}
          onChange={(value) => put({ view: value === 'places' ? value : '' })}
          options={[
            { value: 'yaml', text: t('resource.view.yaml') },
            { value: 'places', text: t('compare.places') },
          ]}
        />
        {props.isObject && (
          <label className="row small">
            <input
              type="checkbox"
              checked={!withStatus}
              onChange={(event) => put({ status: event.target.checked ? '' : '1' })}
            />
            {t('compare.without_status')}
          </label>
        )}
        {all.length > versions.length && (
          <span className="muted small">
            {t('compare.status_only', { count: all.length - versions.length })}
          </span>
        )}
      </div>
      <Answer of={answer}>
        {(whole) => {
          const difference = withStatus ? whole : withoutStatus(whole);
          return places ? <Places difference={difference} /> : <Texts difference={difference} />;
        }}
      </Answer>
    </section>
  );
}

const isStatus = (place: string) => /^status($|[.[])/.test(place);

function withoutStatus(difference: Difference): Difference {
  const drop = <Of extends Version | null>(version: Of): Of => {
    const object = version?.object;
    if (!version || typeof object !== 'object' || object === null || Array.isArray(object)) return version;
    const rest = Object.fromEntries(Object.entries(object).filter(([name]) => name !== 'status'));
    return { ...version, object: rest };
  };
  return {
    ...difference,
    before: drop(difference.before),
    after: drop(difference.after),
    changes: difference.changes.filter(({ place }) => !isStatus(place)),
  };
}

function Texts({ difference: { before, after } }: { difference: Difference }) {
  const t = useT();
  const [left, right] = [before ? toYaml(before.object) : '', toYaml(after.object)];
  if (left === right) return <Empty>{t('compare.same')}</Empty>;
  return <DiffView before={left} after={right} label={t('compare.difference')} />;
}

function Places({ difference }: { difference: Difference }) {
  const t = useT();
  if (difference.changes.length === 0) return <Empty>{t('compare.same')}</Empty>;
  return (
    <ul className="plain stack tight change">
      {difference.changes.map(({ place, before, after }) => (
        <li key={place}>
          <code>{place || '.'}</code>
          <div>
            {before !== null && <del>{text(before)}</del>} {after !== null && <ins>{text(after)}</ins>}
          </div>
        </li>
      ))}
    </ul>
  );
}
