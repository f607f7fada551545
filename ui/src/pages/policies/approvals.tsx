// What people have approved for good, and a way to take it back.
import { useState } from 'react';
import { Link } from 'react-router-dom';

import { useApprovals, useWithdrawApproval, type StandingApproval } from '../../api/automation';
import { AskingButton } from '../../components/asking_button';
import { ResourceLink } from '../../components/resource_link';
import { Answer, Empty } from '../../components/states';
import { Time } from '../../components/time';
import { useT } from '../../i18n';

const MOST_LISTED = 200;

export function Approvals() {
  const t = useT();
  const answer = useApprovals();
  return (
    <Answer of={answer}>
      {(all) =>
        all.length === 0 ? (
          <Empty centre>{t('approvals.none')}</Empty>
        ) : (
          <ul className="plain stack tight" aria-label={t('approvals.title')}>
            {all.map((approval) => (
              <ApprovalItem key={approval.id} approval={approval} />
            ))}
          </ul>
        )
      }
    </Answer>
  );
}

function ApprovalItem({ approval }: { approval: StandingApproval }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const { policies, resources, plan, by, at } = approval;
  return (
    <li className="card stack tight">
      <div className="row between">
        <div className="row">
          {policies.map(({ policy, holds }) => (
            <span key={policy} className="row">
              <strong>{policy}</strong>
              {!holds && <span className="badge medium">{t('approvals.changed')}</span>}
            </span>
          ))}
        </div>
        <WithdrawButton approval={approval} />
      </div>
      <p className="small">
        <span className="muted">{t('approvals.by')}</span> {by} · <Time at={at} full />
        {plan && (
          <>
            {' · '}
            <Link to={`/plans/${encodeURIComponent(plan)}`}>{t('approvals.with_plan')}</Link>
          </>
        )}
      </p>
      {resources.length === 0 ? (
        <p className="small">{t('approvals.all')}</p>
      ) : (
        <details className="small" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{t('approvals.resources', { count: resources.length })}</summary>
          {open && (
            <div className="row">
              {resources.slice(0, MOST_LISTED).map((id) => (
                <ResourceLink key={id} id={id} />
              ))}
              {resources.length > MOST_LISTED && (
                <span className="muted">{t('calendar.more', { count: resources.length - MOST_LISTED })}</span>
              )}
            </div>
          )}
        </details>
      )}
    </li>
  );
}

function WithdrawButton({ approval }: { approval: StandingApproval }) {
  const t = useT();
  const withdraw = useWithdrawApproval();
  return (
    <AskingButton
      text={t('approvals.withdraw.ask')}
      className="button small"
      title={t('approvals.withdraw.title')}
      confirm={t('approvals.withdraw')}
      danger
      send={() => withdraw.mutateAsync(approval.id)}
      done={t('approvals.withdrawn')}
    >
      <p>
        {t('approvals.withdraw.text', {
          policies: approval.policies.map(({ policy }) => policy).join(', '),
        })}
      </p>
    </AskingButton>
  );
}
