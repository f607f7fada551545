// What people have approved for good, and a way to take it back.
import { useState } from 'react';
import { Link } from 'react-router-dom';

import { useApprovals, useWithdrawApproval, type StandingApproval } from '../../api/automation';
import { ConfirmDialog } from '../../components/dialog';
import { ResourceLink } from '../../components/resource_link';
import { useMay } from '../../components/role';
import { Answer, Empty } from '../../components/states';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toasts';
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
  const may = useMay('operator');
  const toasts = useToasts();
  const withdraw = useWithdrawApproval();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button
        type="button"
        className="button small"
        disabled={!may || withdraw.isPending}
        title={may ? undefined : t('plan.needs_operator')}
        onClick={() => setAsking(true)}
      >
        {t('approvals.withdraw.ask')}
      </button>
      {asking && (
        <ConfirmDialog
          title={t('approvals.withdraw.title')}
          confirm={t('approvals.withdraw')}
          danger
          busy={withdraw.isPending}
          onClose={() => setAsking(false)}
          // The approval leaves the list before its mutation tells its end to what is mounted.
          onConfirm={() =>
            void withdraw.mutateAsync(approval.id).then(
              () => toasts.say(t('approvals.withdrawn')),
              (error: unknown) => {
                toasts.fail(error);
                setAsking(false);
              },
            )
          }
        >
          <p>
            {t('approvals.withdraw.text', {
              policies: approval.policies.map(({ policy }) => policy).join(', '),
            })}
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
