import { describe, expect, it } from 'vitest';

import type { Call, Service, ServiceGraph } from '../api/services';
import { isSameShape } from './scene';
import { sceneOfServices, shownOfText, toneOf, widthOf } from './services';

const service = (id: string, cluster = 'prod', namespace = 'shop'): Service => ({
  id,
  cluster,
  namespace,
  name: id,
  kind: 'k8s_service',
  known: true,
  requests_per_second: null,
  error_ratio: null,
  worst: '',
});
const call = (from: string, to: string, perSecond: number | null = null, errors = 0): Call => ({
  from,
  to,
  protocol: 'http',
  known_by: ['istio'],
  requests_per_second: perSecond,
  error_ratio: errors,
  p50_seconds: null,
  p95_seconds: null,
  p99_seconds: null,
  bytes_per_second: null,
});
const graph = (services: Service[], calls: Call[]): ServiceGraph => ({
  at: '2026-01-01T00:00:00Z',
  window_seconds: 300,
  services,
  calls,
  sources: [],
  left_out: 0,
});

describe('the calls between services', () => {
  const services = [service('a'), service('b'), service('c', 'staging'), service('d', 'prod', 'bank')];

  it('are wider the busier and redder the more of them fail', () => {
    expect(widthOf(null)).toBe(widthOf(0));
    expect(widthOf(1_000)).toBeGreaterThan(widthOf(10));
    expect(widthOf(1e9)).toBe(9);
    expect([null, 0, 0.002, 0.02, 0.5].map(toneOf)).toEqual([0, 0, 1, 2, 3]);
  });

  it('form an island a cluster and have a colour a namespace', () => {
    const scene = sceneOfServices(graph(services, [call('a', 'b')]));
    expect([...scene.space]).toEqual([0, 0, 1, 0]);
    expect(scene.kinds).toEqual(['shop', 'bank']);
  });

  it('lie side by side where they go both ways', () => {
    const { look } = sceneOfServices(
      graph(services, [call('a', 'b', 10), call('b', 'a', 10), call('a', 'c')]),
    );
    // Each lies on its own right: the opposite sides of the line.
    expect(look?.shift[0]).toBeCloseTo(look?.shift[1] as number);
    expect(look?.shift[0]).not.toBe(0);
    expect(look?.shift[2]).toBe(0);
  });

  it('keep their shape while only figures change', () => {
    const before = sceneOfServices(graph(services, [call('a', 'b', 1)]));
    expect(isSameShape(before, sceneOfServices(graph(services, [call('a', 'b', 900, 0.2)])))).toBe(true);
    expect(isSameShape(before, sceneOfServices(graph(services, [call('b', 'a', 1)])))).toBe(false);
    expect(isSameShape(before, sceneOfServices(graph(services.slice(0, 2), [call('a', 'b', 1)])))).toBe(
      false,
    );
  });

  it('are shown with both ends where one of them is searched for', () => {
    const scene = sceneOfServices(graph(services, [call('a', 'b'), call('b', 'c')]));
    const shown = shownOfText(scene, 'A');
    expect([...shown.node]).toEqual([1, 1, 0, 0]);
    expect(shown.edges).toBe(1);
    expect(shownOfText(scene, '').nodes).toBe(4);
  });
});
