// Check a change: manifests pasted, dropped or taken from a resource, and what they would break and mend.
import { useEffect, useId, useState, type DragEvent } from 'react';

import { useCheckChange, useResource } from '../../api/queries';
import type { ResourceDetail } from '../../api/types';
import { Choices } from '../../components/choices';
import { Editor } from '../../components/editor';
import { PageHead } from '../../components/page_head';
import { Answer, ErrorBox, Loading } from '../../components/states';
import { useAddress } from '../../components/use_address';
import { usePlaces } from '../../components/use_places';
import { toManifest, toYaml } from '../../format/yaml';
import { useT } from '../../i18n';
import './change.css';
import { Report } from './report';

const MOST_BYTES = 1 << 20;

export function ChangePage() {
  const t = useT();
  const [of] = useAddress();
  const id = of('id');
  return (
    <>
      <PageHead title={t('change.title')} />
      <p className="muted">{t('change.text')}</p>
      {id ? <FromResource id={id} /> : <Bench start="" cluster="" />}
    </>
  );
}

function FromResource({ id }: { id: string }) {
  const answer = useResource(id, '');
  return <Answer of={answer}>{(detail) => <Loaded key={id} detail={detail} />}</Answer>;
}

/** The object as it was when the page was opened: what a person edits must not change under their hands. */
function Loaded({ detail }: { detail: ResourceDetail }) {
  const [start] = useState(() => (detail.object === null ? '' : toYaml(toManifest(detail.object))));
  const cluster = detail.resource.fields['cluster'];
  return <Bench start={start} cluster={typeof cluster === 'string' ? cluster : ''} />;
}

function Bench({ start, cluster: first }: { start: string; cluster: string }) {
  const t = useT();
  const places = usePlaces();
  const spaces = useId();
  const check = useCheckChange();
  const [text, setText] = useState(start);
  const [way, setWay] = useState<'apply' | 'merge'>('apply');
  const [cluster, setCluster] = useState(first);
  const [namespace, setNamespace] = useState('default');
  const [problem, setProblem] = useState('');
  const [over, setOver] = useState(false);
  const clusters = [...places.keys()];
  const only = clusters.length === 1 ? (clusters[0] as string) : '';
  useEffect(() => {
    if (cluster === '' && only !== '') setCluster(only);
  }, [cluster, only]);

  const take = async (files: FileList | null) => {
    if (!files || files.length === 0) return;
    const texts = await Promise.all([...files].map((file) => file.text()));
    const whole = texts.join('\n---\n');
    if (whole.length > MOST_BYTES) return setProblem(t('change.too_large'));
    setProblem('');
    setText(whole);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files);
  };
  const run = () => {
    if (text.trim() !== '') check.mutate({ change: text, way, cluster, namespace: namespace || 'default' });
  };
  return (
    <>
      <section
        className={over ? 'card stack bench over' : 'card stack bench'}
        aria-label={t('change.manifests')}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <div className="row">
          <label className="row small">
            {t('change.cluster')}
            <select value={cluster} onChange={(event) => setCluster(event.target.value)}>
              {cluster === '' && <option value="">{t('change.only_cluster')}</option>}
              {[...new Set([...clusters, ...(cluster ? [cluster] : [])])].map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label className="row small">
            {t('change.namespace')}
            <input
              value={namespace}
              list={spaces}
              size={14}
              onChange={(event) => setNamespace(event.target.value)}
            />
            <datalist id={spaces}>
              {(places.get(cluster) ?? []).map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </label>
          <Choices
            label={t('change.way')}
            value={way}
            onChange={setWay}
            options={[
              { value: 'apply', text: t('change.way.apply') },
              { value: 'merge', text: t('change.way.merge') },
            ]}
          />
          <label className="button small file-button">
            {t('change.files')}
            <input
              type="file"
              multiple
              accept=".yaml,.yml,.json"
              onChange={(event) => void take(event.target.files)}
            />
          </label>
        </div>
        <Editor
          label={t('change.manifests')}
          value={text}
          rows={Math.min(28, Math.max(12, text.split('\n').length + 1))}
          placeholder={t('change.placeholder')}
          onChange={setText}
          onRun={run}
          search
        />
        {problem && <ErrorBox error={new Error(problem)} />}
        {/"?\$omitted"?:/.test(text) && <p className="badge medium">{t('change.omitted')}</p>}
        {/: "?\*\*\*"?$/m.test(text) && <p className="muted small">{t('change.masked')}</p>}
        <div className="row">
          <button
            type="button"
            className="button primary"
            disabled={text.trim() === '' || check.isPending}
            onClick={run}
          >
            {t('change.check')}
          </button>
          {text !== start && start !== '' && (
            <button type="button" className="button" onClick={() => setText(start)}>
              {t('change.reset')}
            </button>
          )}
          <span className="muted small">{t('change.nothing_sent')}</span>
        </div>
      </section>
      {check.isPending && <Loading />}
      {check.isError && <ErrorBox error={check.error} source={text} />}
      {check.data && !check.isPending && <Report report={check.data} />}
    </>
  );
}
