// What would be if: assumptions, and what a simulated scheduler makes of them. Nothing is changed.
import { useId, useRef, useState } from 'react';

import { useResourceList } from '../../api/queries';
import { useWhatIf, type NodeGroup } from '../../api/scaling';
import type { Resource } from '../../api/types';
import { ErrorBox, Loading } from '../../components/states';
import { useAddress } from '../../components/use_address';
import { useT, type MessageKey } from '../../i18n';
import { assume, ASSUMPTIONS, questionOf, type Assumption, type AssumptionKind } from './question';
import { Outcome } from './outcome';

const ZONE = 'topology.kubernetes.io/zone';
const MOST_NAMES = 2_000;

/** What the names of an assumption may be. */
type Names = Partial<Record<AssumptionKind, string[]>>;

const useKind = (kind: string, cluster: string): Resource[] =>
  useResourceList(
    { kind, search: '', cluster, namespace: '', labels: '', sort: '', limit: MOST_NAMES, offset: 0 },
    false,
  ).data?.resources ?? [];

const named = (word: string, resources: Resource[]) =>
  resources.map(({ fields, name }) => `${word}/${String(fields['namespace'] ?? '')}/${name}`);

function useNames(cluster: string, groups: NodeGroup[]): Names {
  const deployments = useKind('k8s_deployment', cluster);
  const sets = useKind('k8s_stateful_set', cluster);
  const machines = useKind('k8s_node', cluster);
  const nodes = machines.map(({ name }) => name);
  return {
    replicas: [...named('deployment', deployments), ...named('statefulset', sets)],
    add_nodes: groups.map(({ name }) => name),
    lose_zone: [...new Set(machines.map(({ labels }) => labels[ZONE] ?? ''))].filter(Boolean).sort(),
    lose_node: nodes,
    drain: nodes,
    cordon: nodes,
  };
}

export function WhatIfView({ cluster, groups }: { cluster: string; groups: NodeGroup[] }) {
  const t = useT();
  const [of] = useAddress();
  const next = useRef(2);
  const [assumptions, setAssumptions] = useState<Assumption[]>(() => [
    assume(1, 'replicas', of('workload'), 10),
  ]);
  const names = useNames(cluster, groups);
  const ask = useWhatIf();
  const question = questionOf(cluster, assumptions);
  const change = (key: number, to: Partial<Assumption>) =>
    setAssumptions((all) => all.map((one) => (one.key === key ? { ...one, ...to } : one)));
  const add = () => setAssumptions((all) => [...all, assume(next.current++, 'add_nodes')]);
  return (
    <>
      <form
        className="card stack"
        aria-label={t('whatif.assumptions')}
        onSubmit={(event) => {
          event.preventDefault();
          if (question) ask.mutate(question);
        }}
      >
        <p className="muted">{t('whatif.text')}</p>
        {assumptions.map((one, at) => (
          <Row
            key={one.key}
            one={one}
            number={at + 1}
            names={names[one.kind] ?? []}
            onChange={(to) => change(one.key, to)}
            onRemove={
              assumptions.length > 1
                ? () => setAssumptions((all) => all.filter(({ key }) => key !== one.key))
                : undefined
            }
          />
        ))}
        <div className="row">
          <button type="button" className="button" onClick={add}>
            {t('whatif.add')}
          </button>
          <button type="submit" className="button primary" disabled={!question || ask.isPending}>
            {t('whatif.ask')}
          </button>
        </div>
      </form>
      {ask.isPending && <Loading />}
      {ask.isError && <ErrorBox error={ask.error} />}
      {ask.data && !ask.isPending && <Outcome answer={ask.data} />}
    </>
  );
}

const COUNTED: Partial<Record<AssumptionKind, MessageKey>> = {
  replicas: 'whatif.replicas',
  add_nodes: 'whatif.nodes',
  new_group: 'whatif.most',
};

function Row(props: {
  one: Assumption;
  number: number;
  names: string[];
  onChange: (to: Partial<Assumption>) => void;
  onRemove: (() => void) | undefined;
}) {
  const t = useT();
  const list = useId();
  const { one, onChange } = props;
  const counted = COUNTED[one.kind];
  return (
    <fieldset className="row assumption">
      <legend className="sr-only">{t('whatif.number', { number: props.number })}</legend>
      <select
        aria-label={t('whatif.kind')}
        value={one.kind}
        onChange={(event) => onChange({ kind: event.target.value as AssumptionKind, name: '' })}
      >
        {ASSUMPTIONS.map((kind) => (
          <option key={kind} value={kind}>
            {t(`whatif.kind.${kind}`)}
          </option>
        ))}
      </select>
      {one.kind === 'change' ? (
        <textarea
          className="grow"
          aria-label={t('whatif.manifests')}
          rows={6}
          value={one.name}
          onChange={(event) => onChange({ name: event.target.value })}
        />
      ) : (
        <>
          <input
            className="assumption-name"
            aria-label={t(`whatif.name.${one.kind}`)}
            placeholder={t(`whatif.name.${one.kind}`)}
            list={list}
            value={one.name}
            onChange={(event) => onChange({ name: event.target.value })}
          />
          <datalist id={list}>
            {props.names.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
      {counted && (
        <label className="row small">
          {t(counted)}
          <input
            type="number"
            min={0}
            max={20_000}
            required
            className="assumption-count"
            value={Number.isNaN(one.count) ? '' : one.count}
            onChange={(event) => onChange({ count: event.target.valueAsNumber })}
          />
        </label>
      )}
      {one.kind === 'new_group' &&
        (['cpu', 'memory', 'price'] as const).map((field) => (
          <label key={field} className="row small">
            {t(`whatif.${field}`)}
            <input
              className="assumption-count"
              inputMode={field === 'price' ? 'decimal' : 'text'}
              pattern={field === 'price' ? '[0-9]*[.]?[0-9]*' : '[0-9.]+[A-Za-z]*'}
              required={field !== 'price'}
              value={one[field]}
              onChange={(event) => onChange({ [field]: event.target.value })}
            />
          </label>
        ))}
      {props.onRemove && (
        <button
          type="button"
          className="button quiet small"
          aria-label={t('whatif.remove', { number: props.number })}
          onClick={props.onRemove}
        >
          ✕
        </button>
      )}
    </fieldset>
  );
}
