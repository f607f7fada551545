// What is wrong with a thing: the first thing wrong, then the steps in the order in which one follows from another.
import {
  useDiagnosis,
  type Diagnosis,
  type ManualEntry,
  type Saying,
  type Verdict,
} from '../../api/diagnosis';
import { Command } from '../../components/copy';
import { countedKinds, ResourceLink } from '../../components/resource_link';
import { Answer, Loading } from '../../components/states';
import { Ago } from '../../components/time';
import { useT } from '../../i18n';
import './diagnosis.css';

/** Kinds that the steps of the packs begin with; a step of one's own may know more, and the tab opens for those, too. */
const KINDS =
  /^(k8s_(pod|deployment|stateful_set|daemon_set|replica_set|replication_controller|job|cron_job|service|ingress|persistent_volume_claim|node|horizontal_pod_autoscaler)|istio_(virtual_service|gateway|destination_rule))$/;

export const isDiagnosed = (kind: string) => KINDS.test(kind);

const TONE: Record<Verdict, string> = { ok: 'good', unknown: '', suspicious: 'medium', wrong: 'high' };

export function DiagnosisView({ id }: { id: string }) {
  const t = useT();
  const answer = useDiagnosis(id);
  return (
    <>
      <div className="row small">
        <button
          type="button"
          className="button small"
          disabled={answer.isFetching}
          onClick={() => void answer.refetch()}
        >
          {t('diagnose.again')}
        </button>
        {answer.dataUpdatedAt > 0 && (
          <span className="muted">
            <Ago at={new Date(answer.dataUpdatedAt).toISOString()} />
          </span>
        )}
      </div>
      {answer.isFetching && answer.data === undefined ? (
        <Loading />
      ) : (
        <Answer of={answer}>{(diagnosis) => <Found diagnosis={diagnosis} />}</Answer>
      )}
    </>
  );
}

function Found({ diagnosis }: { diagnosis: Diagnosis }) {
  const t = useT();
  const { answer, verdict } = diagnosis;
  const first = diagnosis.steps.find(({ step }) => step === answer?.step);
  return (
    <div className="stack">
      <div className={`outcome ${TONE[verdict]}`} role="status">
        <strong>{t(`diagnose.is.${verdict}`)}</strong>
        {!diagnosis.is_live && <span>{t('diagnose.not_live')}</span>}
      </div>
      {answer && (
        <section className="card stack tight">
          <h2>{t(`diagnose.first.${answer.verdict}`, { step: first?.title ?? answer.step })}</h2>
          <Said saying={answer} whole />
          {answer.affects.length > 0 && (
            <div className="small">
              <h3>{t('diagnose.affects')}</h3>
              <ul className="plain">
                {answer.affects.map((id) => (
                  <li key={id}>
                    <ResourceLink id={id} />
                  </li>
                ))}
              </ul>
            </div>
          )}
        </section>
      )}
      <Steps diagnosis={diagnosis} />
      <Logs logs={diagnosis.logs} />
      {diagnosis.problems.length > 0 && (
        <section className="card">
          <h2>{t('diagnose.not_looked_at')}</h2>
          <ul>
            {diagnosis.problems.map(({ message, file, line, column }, at) => (
              <li key={at}>
                {file && <code>{[file, line, column].filter(Boolean).join(':')} </code>}
                {message}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Steps({ diagnosis: { steps, answer } }: { diagnosis: Diagnosis }) {
  const t = useT();
  return (
    <section className="card">
      <h2>{t('diagnose.steps')}</h2>
      {steps.length === 0 && <p className="muted">{t('diagnose.no_steps')}</p>}
      <ol className="plain steps">
        {steps.map((step) => (
          <li key={step.step} className="step">
            <div className="row">
              <VerdictBadge verdict={step.verdict} />
              <strong title={step.looks_at}>{step.title}</strong>
              <span className="muted small">{countedKinds(step.looked_at)}</span>
            </div>
            {step.found.map((saying, at) => (
              <Said
                key={at}
                saying={saying}
                whole={!(at === 0 && step.step === answer?.step)}
                badge={saying.verdict !== step.verdict}
              />
            ))}
            {step.more > 0 && <p className="muted small">{t('diagnose.more', { count: step.more })}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function VerdictBadge({ verdict }: { verdict: Verdict }) {
  const t = useT();
  return <span className={`badge ${TONE[verdict]}`}>{t(`diagnose.verdict.${verdict}`)}</span>;
}

/** `whole` with what helps; without it only the sentence: the rest stands above already. */
function Said({ saying, whole, badge = false }: { saying: Saying; whole: boolean; badge?: boolean }) {
  const t = useT();
  return (
    <div className="said">
      <p className="row">
        {badge && <VerdictBadge verdict={saying.verdict} />}
        <span className="grow">{saying.says}</span>
      </p>
      <div className="small">
        <ResourceLink id={saying.resource} />
        {saying.rule && <span className="muted"> {saying.rule}</span>}
      </div>
      {whole && saying.evidence.length > 0 && <pre className="lines">{saying.evidence.join('\n')}</pre>}
      {whole && saying.remedy && <p>{t('diagnose.helps', { remedy: saying.remedy })}</p>}
      {whole && saying.fix && <Command text={saying.fix} />}
      {whole && saying.manual.map((entry, at) => <Manual key={at} entry={entry} />)}
    </div>
  );
}

function Manual({ entry }: { entry: ManualEntry }) {
  const t = useT();
  return (
    <div className="manual small">
      <p>
        <strong>{[entry.title, entry.code].filter(Boolean).join(' ')}</strong> {entry.means}
      </p>
      <ul>
        {entry.causes.map((cause) => (
          <li key={cause}>{t('diagnose.why', { cause })}</li>
        ))}
        {entry.remedies.map((remedy) => (
          <li key={remedy}>{t('diagnose.helps', { remedy })}</li>
        ))}
        {/^https?:\/\//.test(entry.see) && (
          <li>
            <a href={entry.see} target="_blank" rel="noreferrer">
              {entry.see}
            </a>
          </li>
        )}
      </ul>
    </div>
  );
}

function Logs({ logs }: { logs: Diagnosis['logs'] }) {
  const t = useT();
  if (logs.length === 0) return null;
  return (
    <section className="card stack tight">
      <h2>{t('diagnose.logs')}</h2>
      {logs.map(({ resource, container, previous, lines }) => (
        <details key={`${resource} ${container} ${previous}`}>
          <summary>{t(previous ? 'diagnose.log_before' : 'diagnose.log', { container, resource })}</summary>
          <pre className="lines" tabIndex={0} aria-label={t('diagnose.log', { container, resource })}>
            {lines.join('\n')}
          </pre>
        </details>
      ))}
    </section>
  );
}
