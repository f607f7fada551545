// What the mock finds wrong with a thing of its fleet: prod/shop/web-0 crashes, other things are well.
import type { Diagnosis, DiagnosisStep, Saying } from '../src/api/diagnosis';
import { Refusal } from './http';
import { parameters } from './reading';
import type { World } from './world';

const step = (name: string, title: string, looked_at: string[], found: Saying[] = []): DiagnosisStep => ({
  step: name,
  title,
  looks_at: `what ${name} needs`,
  verdict: found[0]?.verdict ?? 'ok',
  looked_at,
  found,
  more: 0,
});

function crash(pod: string): Saying {
  return {
    verdict: 'wrong',
    resource: pod,
    rule: '',
    says: `the container web-0 of pod ${pod.slice(pod.lastIndexOf('/') + 1)} ends again and again: 4 restarts, last Error`,
    remedy: 'Read the log of its last run; it ended with 1.',
    fix: `kubectl -n shop logs ${pod.replace(/^.*\//, 'pod/')} -c web-0 --previous`,
    manual: [
      {
        product: 'postgresql',
        title: 'PostgreSQL',
        code: '28P01',
        severity: 'high',
        means: 'the password of shop is wrong',
        causes: ['the password was changed and not in the application’s secret'],
        remedies: ['set it anew, and put the same into the secret'],
        see: 'https://www.postgresql.org/docs/current/errcodes-appendix.html',
        versions: '',
      },
    ],
    evidence: ['log of web-0: FATAL:  password authentication failed for user "shop"'],
  };
}

export function diagnose(world: World, url: URL): Diagnosis {
  const of = parameters(url, 'id', 'namespace', 'cluster');
  const id = of('id');
  const one = world.fleet.resources.get(id);
  if (!one) throw new Refusal('not_found', `there is no ${id}`);
  const name = `${one.kind.replace('k8s_', '').replaceAll('_', '')}/${one.name}`;
  const [, cluster = '', space = ''] = id.split('/');
  const under = `k8s_pod/${cluster}/${space}/${one.name}-`;
  const pods = [...world.fleet.resources.keys()].filter((other) => other.startsWith(under));
  const isBroken = id === 'k8s_deployment/prod/shop/web-0';
  const found = isBroken ? [crash(pods[0] as string)] : [];
  const unready: Saying = {
    ...crash(id),
    verdict: 'suspicious',
    resource: id,
    rule: 'KubeDeploymentUnready',
    says: `4 of 5 pods of ${name} are ready`,
    fix: '',
    manual: [],
    evidence: [],
  };
  return {
    subject: id,
    name,
    verdict: isBroken ? 'wrong' : 'ok',
    answer: found[0]
      ? {
          ...found[0],
          step: 'start',
          affects: ['k8s_service/prod/shop/web-0', 'k8s_ingress/prod/shop/web-0'],
        }
      : null,
    steps: [
      step('admission', 'Its pods may be made', [id, ...pods]),
      step('scheduling', 'There is a node for it', [id, ...pods]),
      step('start', 'Its containers start and stay up', pods, found),
      step('rollout', 'As many pods are ready as are wanted', [id], isBroken ? [unready] : []),
    ],
    logs: isBroken
      ? [
          {
            resource: pods[0] as string,
            container: 'web-0',
            previous: true,
            lines: ['starting', 'FATAL:  password authentication failed for user "shop"'],
          },
        ]
      : [],
    is_live: cluster === 'prod',
    problems: isBroken
      ? [
          {
            message: 'events of prod/shop: the API server refuses: forbidden',
            file: '',
            line: 0,
            column: 0,
          },
        ]
      : [],
  };
}
