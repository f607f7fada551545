// The calls between the services of the mock's fleet, with figures that move a little with each answer.
import type { Call, Service, ServiceGraph } from '../src/api/services';
import type { Fleet } from './fleet';
import { Refusal } from './http';
import { parameters } from './reading';

/** Outside of the fleet, and in no catalog. */
const OUTSIDE = 'traffic///pay.example.com';

export class Traffic {
  /** Nothing counts calls, and nothing else is known of them. */
  silent = false;
  private asked = 0;

  constructor(private readonly fleet: Fleet) {}

  graph(url: URL): ServiceGraph {
    const of = parameters(url, 'cluster', 'namespace', 'window', 'limit');
    const window = /^(\d+)([smh])$/.exec(of('window') || '5m');
    if (!window) throw new Refusal('invalid_argument', `'window' is ${of('window')}: expected a duration`);
    this.asked += 1;
    const calls = this.silent ? [] : this.calls();
    const lies = ({ cluster, namespace }: Service) =>
      (of('cluster') === '' || cluster === of('cluster')) &&
      (of('namespace') === '' || namespace === of('namespace'));
    const shown = calls.filter(({ from, to }) => lies(this.service(from)) || lies(this.service(to)));
    const ids = [...new Set(shown.flatMap(({ from, to }) => [from, to]))].sort();
    const source = (name: string) => shown.filter(({ known_by }) => known_by.includes(name)).length;
    const now = new Date().toISOString();
    return {
      at: now,
      window_seconds: Number(window[1]) * { s: 1, m: 60, h: 3_600 }[window[2] as 's' | 'm' | 'h'],
      services: ids.map((id) => this.sum(this.service(id), calls)),
      calls: shown,
      sources: [
        { name: 'relations', calls: source('relations'), newest: null, error: '' },
        { name: 'istio', calls: source('istio'), newest: this.silent ? null : now, error: '' },
      ],
      left_out: 0,
    };
  }

  /** Web calls api, worker and the other namespaces' api; api calls cache; some of shop pays outside. */
  private calls(): Call[] {
    const services = [...this.fleet.resources.values()].filter(({ kind }) => kind === 'k8s_service');
    const calls: Call[] = [];
    for (const { id, name } of services) {
      const [, cluster, space] = id.split('/');
      const sibling = (other: string) => `k8s_service/${cluster}/${space}/${other}`;
      const call = (to: string, rest: Partial<Call> = {}) => {
        if (to !== OUTSIDE && !this.fleet.resources.has(to)) return;
        const busy = 20 + ((calls.length * 37) % 400) + (this.asked % 5);
        calls.push({
          from: id,
          to,
          protocol: 'http',
          known_by: ['istio'],
          requests_per_second: busy,
          error_ratio: calls.length % 9 === 4 ? 0.021 : 0,
          p50_seconds: 0.004 + (calls.length % 7) / 1000,
          p95_seconds: 0.03,
          p99_seconds: 0.12,
          bytes_per_second: busy * 2_100,
          ...rest,
        });
      };
      if (name === 'web-0') {
        call(sibling('api-0'), space === 'shop' ? { error_ratio: 0.083, requests_per_second: 900 } : {});
        call(sibling('worker-0'));
        if (space !== 'auth') call(`k8s_service/${cluster}/auth/api-0`);
      }
      if (name === 'api-0') {
        call(sibling('cache-0'), {
          protocol: 'tcp',
          known_by: ['relations'],
          requests_per_second: null,
          error_ratio: null,
          p50_seconds: null,
          p95_seconds: null,
          p99_seconds: null,
          bytes_per_second: null,
        });
        if (space === 'shop') call(OUTSIDE);
        if (space === 'bank') call(`k8s_service/${cluster}/shop/api-0`);
        if (space === 'shop') call(`k8s_service/${cluster}/bank/api-0`);
      }
      if (name === 'worker-0') call(sibling('api-0'));
      // In a small fleet there is nothing but web.
      if (!this.fleet.resources.has(sibling('api-0'))) {
        if (space !== 'auth') call(`k8s_service/${cluster}/auth/web-0`, { error_ratio: 0.012 });
        if (space === 'shop') call(OUTSIDE, { requests_per_second: 900 });
      }
    }
    return calls;
  }

  private service(id: string): Service {
    const [kind = '', cluster = '', namespace = '', name = ''] = id.split('/');
    const isKnown = id !== OUTSIDE;
    return {
      id,
      cluster,
      namespace,
      name,
      kind: isKnown ? kind : '',
      known: isKnown,
      requests_per_second: null,
      error_ratio: null,
      worst: id === 'k8s_service/prod/shop/api-0' ? 'high' : '',
    };
  }

  private sum(service: Service, calls: Call[]): Service {
    const counted = calls.filter(({ to, requests_per_second }) => to === service.id && requests_per_second);
    if (counted.length === 0) return service;
    const requests = counted.reduce((all, call) => all + (call.requests_per_second ?? 0), 0);
    const failed = counted.reduce(
      (all, call) => all + (call.requests_per_second ?? 0) * (call.error_ratio ?? 0),
      0,
    );
    return { ...service, requests_per_second: requests, error_ratio: failed / requests };
  }
}
