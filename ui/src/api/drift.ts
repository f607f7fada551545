// What differs from the manifests that the settings name: the shapes of GET /drift, and the hook that asks it.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { get, post } from './client';
import type { ChangeReport, Json, Timestamp } from './types';

export interface Where {
  file: string;
  line: number;
  column: number;
}

/** A step into an object: a member's name, an item of a list by its keys or its value, or the number of an item. */
export type FieldStep = string | number | { key: { [name: string]: Json } } | { value: Json };

export interface FieldDrift {
  /** "spec.template.spec.containers[name=web].image" */
  path: string;
  steps: FieldStep[];
  should: Json;
  is: Json;
  /** Something of it is a secret and masked. */
  hidden: boolean;
  /** Not empty: a controller that may set this did, and it is no drift. */
  by_right: string;
  owner: { manager: string; operation: string; subresource: string; at: Timestamp | null } | null;
  seen: Timestamp | null;
  where: Where | null;
}

export type DriftState = 'missing' | 'differs' | 'extra' | 'not_compared';

export interface ObjectDrift {
  document: number;
  id: string;
  api_version: string;
  kind: string;
  namespace: string;
  name: string;
  where: Where | null;
  state: DriftState;
  source: 'server' | 'object' | 'catalog';
  /** False where all that differs is set by right. */
  drift: boolean;
  says: string;
  defined_by: string;
  gone: Timestamp | null;
  fields: FieldDrift[];
}

export interface DriftReport {
  cluster: string;
  drift: boolean;
  complete: boolean;
  objects: number;
  compared_by: { server: number; object: number; catalog: number };
  drifts: ObjectDrift[];
  problems: { message: string; where: Where | null }[];
  check: ChangeReport | null;
}

/** The cluster as the manifests say, for `kubectl apply -f -`; the files as the cluster is, for `git apply`. */
export interface DriftPatches {
  cluster: string;
  files: string;
  left_out: { message: string; where: Where | null }[];
}

export interface Manifests {
  name: string;
  repository: string;
  ref: string;
  path: string;
  commit: string;
  /** When it was last seen to. */
  looked: Timestamp | null;
  /** When something had changed then. */
  compared: Timestamp | null;
  error: string;
  /** As of the last comparison; null before the first. */
  report: DriftReport | null;
  patches: DriftPatches | null;
}

/** Whether all were seen to after a time, as the server has it. */
export const areNewer = (manifests: Manifests[], since: Timestamp) =>
  manifests.every(({ looked }) => (looked ?? '') >= since);

/** Asks closely until all are newer than `since`; "" for whatever there is. */
export const useDrifts = (since: Timestamp) =>
  useQuery({
    queryKey: ['drift'],
    queryFn: async ({ signal }) => (await get<{ manifests: Manifests[] }>('/drift', signal)).manifests,
    refetchInterval: ({ state: { data } }) => (data && !areNewer(data, since) ? 1_000 : 30_000),
  });

/** Has all looked at now; gives the time to wait for. */
export function useLook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => (await post<{ at: Timestamp }>('/drift/look')).at,
    onSuccess: () => client.invalidateQueries({ queryKey: ['drift'] }),
  });
}
