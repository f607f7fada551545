// Why autoscalers do what they do, where pods could go, and what would be if: GET /scaling and POST /whatif.
import { useMutation, useQuery } from '@tanstack/react-query';

import { get, post, query } from './client';
import type { Timestamp } from './types';

/** "500m", "2Gi" by the name of the resource. */
export type Amounts = Record<string, string>;

export interface AutoscalerMetric {
  name: string;
  target: string;
  /** "" where it is not known. */
  now: string;
  problem: string;
  ratio?: number;
  wants?: number;
}

export interface Autoscaler {
  /** "shop/web" */
  name: string;
  /** "Deployment/web" */
  target: string;
  current: number;
  desired: number;
  min: number;
  max: number;
  ready: number;
  unready: number;
  wants?: number;
  may_go_to: { least: number; most: number };
  metrics: AutoscalerMetric[];
  conditions: { type?: string; status?: string; reason?: string; message?: string }[] | null;
  changes: { at: Timestamp; from: number; to: number }[];
  says: string;
  remedy: string;
  is_wrong: boolean;
}

/** Pods that are alike and find no place. */
export interface Unplaced {
  pods: string[];
  count: number;
  owner: string;
  requests: Amounts;
  priority: number;
  says: string;
  nodes: { reasons: string[]; count: number; nodes: string[] }[];
  remedies: string[];
  preemption?: { node: string; victims: string[] };
}

export interface GroupOption {
  group: string;
  pods: number;
  nodes: number;
  at_limit: boolean;
  idle_cpu: number;
  idle_memory: number;
  says: string;
  room?: number;
  price_per_hour?: number;
}

export interface ScaleUp {
  groups: GroupOption[];
  expanders: { expander: string; group: string; says: string }[];
}

export interface NodeGroup {
  name: string;
  nodes: number;
  min: number;
  spot: boolean;
  max?: number;
  price_per_hour?: number;
  allocatable?: Amounts;
}

export interface Removal {
  node: string;
  group: string;
  utilisation: number;
  removable: boolean;
  blockers: string[];
}

/** The number of nodes, and what is used of each resource. */
export type Utilisation = { nodes: number } & Record<
  string,
  number | { used: string; of: string; share: number }
>;

export interface Scaling {
  cluster: string;
  autoscalers: Autoscaler[];
  pending: Unplaced[];
  scale_up: ScaleUp;
  scale_down: Removal[];
  groups: NodeGroup[];
  utilisation: Utilisation;
  notes: string[];
}

export interface NewGroup {
  name: string;
  max: number;
  price?: number;
  allocatable: Amounts;
}

export interface Question {
  cluster: string;
  replicas: Record<string, number>;
  add_nodes: Record<string, number>;
  new_groups: NewGroup[];
  lose_zones: string[];
  lose_nodes: string[];
  drain: string[];
  cordon: string[];
  change: string;
}

export interface WhatIf {
  cluster: string;
  pods_placed: number;
  pods_pending: number;
  pods_refused: number;
  placed: {
    pod: string;
    owner: string;
    node: string;
    group: string;
    feasible_count: number;
    feasible: string[];
  }[];
  pending: Unplaced[];
  refused: { owner: string; count: number; says: string }[];
  blocked: { pod: string; node: string; says: string }[];
  evicted: { pod: string; node: string; comes_again: boolean }[];
  scale_up: ScaleUp;
  groups: NodeGroup[];
  utilisation: { before: Utilisation; after: Utilisation };
  cost_per_hour: { before: number | null; after: number | null };
  notes: string[];
}

export const useScaling = (cluster: string, enabled: boolean) =>
  useQuery({
    queryKey: ['scaling', cluster],
    queryFn: ({ signal }) => get<Scaling>(`/scaling${query({ cluster })}`, signal),
    enabled,
    refetchInterval: 30_000,
  });

export const useWhatIf = () =>
  useMutation({ mutationFn: (question: Question) => post<WhatIf>('/whatif', question) });
