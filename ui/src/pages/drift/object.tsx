// One object that is not as its manifest says: what differs, who set it, and where the manifest says otherwise.
import { useMemo, useState } from 'react';

import type { DriftState, FieldDrift, ObjectDrift } from '../../api/drift';
import { DiffView } from '../../components/diff_view';
import { ResourceLink } from '../../components/resource_link';
import { Time } from '../../components/time';
import { placed } from '../../format/field_path';
import { toYaml } from '../../format/yaml';
import { useT } from '../../i18n';

const TONE: Record<DriftState, string> = {
  missing: 'high',
  differs: 'medium',
  extra: 'low',
  not_compared: '',
};

export function DriftItem({ object, all }: { object: ObjectDrift; all: boolean }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const fields = object.fields.filter(({ by_right }) => all || by_right === '');
  return (
    <li className="card violation">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span className="violation-head">
            <span className={`badge ${TONE[object.state]}`}>{t(`drift.state.${object.state}`)}</span>
            <strong>
              {object.kind} {object.name}
            </strong>
            <span className="muted small violation-where clip">
              {object.where && `${object.where.file}:${object.where.line}`}
            </span>
          </span>
          <span className="violation-says small">
            {object.says || fields.map(({ path }) => path).join(', ')}
          </span>
        </summary>
        {open && <Body object={object} fields={fields} />}
      </details>
    </li>
  );
}

function Body({ object, fields }: { object: ObjectDrift; fields: FieldDrift[] }) {
  const t = useT();
  return (
    <div className="stack tight violation-body">
      <dl className="pairs">
        <dt>{t('checks.resource')}</dt>
        <dd>{object.state === 'missing' ? object.id : <ResourceLink id={object.id} />}</dd>
        {object.gone && (
          <>
            <dt>{t('drift.gone')}</dt>
            <dd>
              <Time at={object.gone} full />
            </dd>
          </>
        )}
        {object.defined_by && (
          <>
            <dt>{t('drift.defined_by')}</dt>
            <dd>{object.defined_by}</dd>
          </>
        )}
        {object.says && (
          <>
            <dt>{t(object.state === 'differs' ? 'drift.refused' : 'drift.says')}</dt>
            <dd>{object.says}</dd>
          </>
        )}
      </dl>
      {fields.length > 0 && <Difference fields={fields} />}
      {fields.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="region" aria-label={t('drift.fields')}>
          <table>
            <thead>
              <tr>
                <th>{t('drift.field')}</th>
                <th>{t('drift.manager')}</th>
                <th>{t('drift.seen')}</th>
                <th>{t('drift.where')}</th>
              </tr>
            </thead>
            <tbody>
              {fields.map((field) => (
                <Field key={field.path} field={field} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

/** Both sides as the part of a manifest that they are. */
function Difference({ fields }: { fields: FieldDrift[] }) {
  const t = useT();
  const [should, is] = useMemo(() => {
    const side = (of: 'should' | 'is') => {
      // Masks of secrets are alike on both sides.
      const readable = fields.filter(({ hidden, should, is }) => !hidden || should !== is);
      const object = placed(readable.map((field) => ({ steps: field.steps, value: field[of] })));
      return JSON.stringify(object) === '{}' ? '' : toYaml(object);
    };
    return [side('should'), side('is')];
  }, [fields]);
  if (should === is) return null;
  return (
    <>
      <p className="muted small">{t('drift.sides')}</p>
      <DiffView before={should} after={is} label={t('compare.difference')} />
    </>
  );
}

function Field({ field }: { field: FieldDrift }) {
  const t = useT();
  const { owner, where } = field;
  return (
    <tr>
      <td>
        <code>{field.path}</code>
        {field.hidden && <div className="muted">{t('drift.secret')}</div>}
        {field.by_right && <div className="muted">{t('drift.by_right', { why: field.by_right })}</div>}
      </td>
      <td>
        {owner ? (
          <>
            {owner.manager || t('drift.unnamed')}
            {owner.subresource && (
              <span className="muted"> {t('drift.through', { way: owner.subresource })}</span>
            )}
            {owner.at && (
              <div className="muted">
                <Time at={owner.at} />
              </div>
            )}
          </>
        ) : (
          <span className="muted">{t('drift.nobody')}</span>
        )}
      </td>
      <td>
        <Time at={field.seen} />
      </td>
      <td>{where && <code>{`${where.file}:${where.line}`}</code>}</td>
    </tr>
  );
}
