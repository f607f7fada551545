// The names of metrics and labels that completion offers, asked for once and kept for a while.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';

import { labelNames, labelValues } from '../../api/prometheus';
import type { Completion } from '../../components/editor';
import { useT } from '../../i18n';
import { complete } from './completion';

const KEPT_MS = 60_000;

export function useCompletion(): (text: string, caret: number) => Completion | null {
  const t = useT();
  const client = useQueryClient();
  const metrics = useQuery({
    queryKey: ['names', '__name__'],
    queryFn: ({ signal }) => labelValues('__name__', signal),
    staleTime: KEPT_MS,
  });
  const labels = useQuery({
    queryKey: ['labels'],
    queryFn: ({ signal }) => labelNames(signal),
    staleTime: KEPT_MS,
  });

  const values = useCallback(
    (label: string): string[] => {
      const queryKey = ['names', label];
      // Asked for now, offered from the next key press on.
      void client.prefetchQuery({
        queryKey,
        queryFn: ({ signal }) => labelValues(label, signal),
        staleTime: KEPT_MS,
      });
      return client.getQueryData<string[]>(queryKey) ?? [];
    },
    [client],
  );
  const kinds = useMemo(
    () => ({
      metric: t('metrics.kind.metric'),
      function: t('metrics.kind.function'),
      label: t('metrics.kind.label'),
      value: t('metrics.kind.value'),
    }),
    [t],
  );
  return useCallback(
    (text, caret) =>
      complete(
        text,
        caret,
        {
          metrics: metrics.data ?? [],
          labels: (labels.data ?? []).filter((name) => name !== '__name__'),
          values,
        },
        kinds,
      ),
    [metrics.data, labels.data, values, kinds],
  );
}
