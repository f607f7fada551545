// What of the clusters differs from the manifests that the settings name: by repository, namespace and object.
import { useState } from 'react';

import { areNewer, useDrifts, useLook, type Manifests, type ObjectDrift } from '../../api/drift';
import { CopyButton } from '../../components/copy';
import { PageHead } from '../../components/page_head';
import { useMay } from '../../components/role';
import { Answer, Empty } from '../../components/states';
import { Ago } from '../../components/time';
import { useToasts } from '../../components/toasts';
import { useAddress } from '../../components/use_address';
import { useT } from '../../i18n';
import './drift.css';
import { DriftItem } from './object';
import { Patches } from './patches';

/** What a person writes so that manifests are watched. */
const EXAMPLE = `manifests:
  - name: shop
    repository: https://git.example.org/shop.git
    ref: main
    path: deploy
    token: env:GIT_TOKEN
    every: 1m
`;

export function DriftPage() {
  const t = useT();
  const [of, put] = useAddress();
  const [search, setSearch] = useState(of('search'));
  const toasts = useToasts();
  const may = useMay('operator');
  const look = useLook();
  const since = look.data ?? '';
  const answer = useDrifts(since);
  const isLooking = look.isPending || (answer.data !== undefined && !areNewer(answer.data, since));
  return (
    <>
      <PageHead title={t('nav.drift')}>
        <label className="row small">
          <input
            type="checkbox"
            checked={of('all') === '1'}
            onChange={(event) => put({ all: event.target.checked ? '1' : '' })}
          />
          {t('drift.by_right.show')}
        </label>
        <input
          type="search"
          data-search=""
          aria-label={t('drift.search')}
          placeholder={t('drift.search')}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <button
          type="button"
          className="button small"
          disabled={!may || isLooking}
          onClick={() => look.mutate(undefined, { onError: toasts.fail })}
        >
          {t(isLooking ? 'drift.looking' : 'drift.refresh')}
        </button>
      </PageHead>
      <Answer of={answer}>
        {(all) =>
          all.length === 0 ? (
            <None />
          ) : (
            all.map((one) => (
              <Source key={one.name} of={one} all={of('all') === '1'} search={search.toLowerCase()} />
            ))
          )
        }
      </Answer>
    </>
  );
}

function None() {
  const t = useT();
  return (
    <section className="card stack tight">
      <h2>{t('drift.none')}</h2>
      <p>{t('drift.none.how')}</p>
      <div className="yaml">
        <CopyButton text={EXAMPLE} className="yaml-copy" />
        <pre className="lines" tabIndex={0} role="region" aria-label={t('drift.none.example')}>
          {EXAMPLE}
        </pre>
      </div>
      <p className="muted">{t('drift.none.once', { command: 'capstan drift DIRECTORY' })}</p>
    </section>
  );
}

/** "drift" counts; what was not compared is shown, too, and what is set by right only on demand. */
const isShown = (object: ObjectDrift, all: boolean) => all || object.drift || object.state === 'not_compared';

const textOf = ({ id, fields, says, defined_by, where }: ObjectDrift) =>
  [id, says, defined_by, where?.file, ...fields.map(({ path, owner }) => `${path} ${owner?.manager ?? ''}`)]
    .join(' ')
    .toLowerCase();

function Source({ of: one, all, search }: { of: Manifests; all: boolean; search: string }) {
  const t = useT();
  const { report } = one;
  const drifts = (report?.drifts ?? []).filter(
    (object) => isShown(object, all) && textOf(object).includes(search),
  );
  const spaces = [...new Set(drifts.map(({ namespace }) => namespace))].sort();
  return (
    <section className="card stack" aria-label={one.name}>
      <div className="stack tight">
        <h2>{one.name}</h2>
        <div className="row small muted">
          <span>{[one.repository, one.path].filter(Boolean).join(' · ')}</span>
          {one.ref && <span>{one.ref}</span>}
          {one.commit && <code title={one.commit}>{one.commit.slice(0, 8)}</code>}
          {report?.cluster && <span>{t('drift.against', { cluster: report.cluster })}</span>}
          {one.compared ? (
            <span>
              {t('drift.compared')} <Ago at={one.compared} />
            </span>
          ) : (
            <span>{t('drift.not_yet')}</span>
          )}
          {one.looked && (
            <span>
              {t('drift.looked')} <Ago at={one.looked} />
            </span>
          )}
        </div>
      </div>
      {one.error && (
        <div className="error" role="alert">
          <div className="grow">
            <strong>{t(report ? 'drift.failed.stale' : 'drift.failed')}</strong>
            <div>{one.error}</div>
          </div>
        </div>
      )}
      {report && (
        <>
          <Summary report={report} />
          {one.patches && report.drift && <Patches name={one.name} patches={one.patches} />}
          {search !== '' && drifts.length === 0 && <Empty>{t('drift.no_match')}</Empty>}
          {spaces.map((space) => (
            <div key={space} className="stack tight">
              <h3>{space || t('drift.no_namespace')}</h3>
              <ul className="plain violations">
                {drifts
                  .filter(({ namespace }) => namespace === space)
                  .map((object) => (
                    <DriftItem key={`${object.id} ${object.document}`} object={object} all={all} />
                  ))}
              </ul>
            </div>
          ))}
          {report.problems.length > 0 && (
            <div className="stack tight">
              <h3>{t('drift.problems')}</h3>
              <ul className="plain small">
                {report.problems.map(({ message, where }, at) => (
                  <li key={at}>
                    {where && <code>{placeText(where)} </code>}
                    {message}
                  </li>
                ))}
              </ul>
            </div>
          )}
        </>
      )}
    </section>
  );
}

function Summary({ report }: { report: NonNullable<Manifests['report']> }) {
  const t = useT();
  const count = (state: ObjectDrift['state']) =>
    report.drifts.filter((object) => object.state === state && (object.drift || state === 'not_compared'))
      .length;
  const [missing, differs, extra, unknown] = [
    count('missing'),
    count('differs'),
    count('extra'),
    count('not_compared'),
  ];
  const good = report.objects - Math.min(report.objects, missing + differs + unknown);
  const by = report.compared_by;
  const tone = report.drift ? 'high' : report.complete ? 'good' : 'medium';
  return (
    <div className={`outcome ${tone}`} role="status">
      <strong>{t('drift.as_stated', { good, objects: report.objects })}</strong>
      {differs > 0 && <span>{t('drift.count.differs', { count: differs })}</span>}
      {missing > 0 && <span>{t('drift.count.missing', { count: missing })}</span>}
      {extra > 0 && <span>{t('drift.count.extra', { count: extra })}</span>}
      {unknown > 0 && <span>{t('drift.count.not_compared', { count: unknown })}</span>}
      <span className="small">
        {t('drift.compared_by', { server: by.server, object: by.object, catalog: by.catalog })}
      </span>
    </div>
  );
}

const placeText = ({ file, line, column }: { file: string; line: number; column: number }) =>
  [file, line, column].filter(Boolean).join(':');
