// Who calls whom: the shapes of GET /service_graph, and the hook that asks it.
import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { get, query } from './client';
import type { Severity, Timestamp } from './types';

export interface Service {
  id: string;
  cluster: string;
  namespace: string;
  name: string;
  /** "" for what the catalog does not know. */
  kind: string;
  /** Whether the catalog has it. */
  known: boolean;
  requests_per_second: number | null;
  error_ratio: number | null;
  worst: Severity | '';
}

export interface Call {
  from: string;
  to: string;
  protocol: string;
  /** Sources that know of it. */
  known_by: string[];
  requests_per_second: number | null;
  error_ratio: number | null;
  p50_seconds: number | null;
  p95_seconds: number | null;
  p99_seconds: number | null;
  bytes_per_second: number | null;
}

export interface ServiceGraph {
  at: Timestamp;
  window_seconds: number;
  services: Service[];
  calls: Call[];
  /** `error` says why one could not be asked. */
  sources: { name: string; calls: number; newest: Timestamp | null; error: string }[];
  /** Calls that are too many to be shown. */
  left_out: number;
}

export const useServiceGraph = (cluster: string, namespace: string, window: string) =>
  useQuery({
    queryKey: ['services', cluster, namespace, window],
    queryFn: ({ signal }) =>
      get<ServiceGraph>(`/service_graph${query({ cluster, namespace, window })}`, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
