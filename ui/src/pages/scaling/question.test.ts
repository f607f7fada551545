import { describe, expect, it } from 'vitest';

import { assume, questionOf } from './question';

describe('the question that assumptions make', () => {
  it('is none as long as nothing is filled in', () => {
    expect(questionOf('prod', [assume(1, 'replicas', ' ', 50)])).toBeNull();
  });

  it('has each assumption where the API wants it', () => {
    const question = questionOf('prod', [
      assume(1, 'replicas', 'deployment/shop/web', 50),
      assume(2, 'add_nodes', 'std', 3),
      assume(3, 'lose_zone', 'b'),
      assume(4, 'drain', 'n1'),
      assume(5, 'drain', 'n2'),
      assume(6, 'new_group', 'gpu', 5),
      assume(7, 'change', 'kind: A'),
      assume(8, 'change', 'kind: B'),
    ]);
    expect(question).toEqual({
      cluster: 'prod',
      replicas: { 'deployment/shop/web': 50 },
      add_nodes: { std: 3 },
      new_groups: [{ name: 'gpu', max: 5, allocatable: { cpu: '4', memory: '16Gi' } }],
      lose_zones: ['b'],
      lose_nodes: [],
      drain: ['n1', 'n2'],
      cordon: [],
      change: 'kind: A\n---\nkind: B',
    });
  });

  it('has a price where one is known', () => {
    const group = { ...assume(1, 'new_group', 'gpu', 5), price: '3.06' };
    expect(questionOf('', [group])?.new_groups[0]?.price).toBe(3.06);
  });
});
