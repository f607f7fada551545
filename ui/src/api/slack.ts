// Which Slack accounts act as which users: docs/reference/api.md, section Slack.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { get, post } from './client';
import type { Timestamp } from './types';

export interface SlackLink {
  account: string;
  user: string;
  linked: Timestamp;
}

const KEY = ['slack', 'links'];

export const useSlackLinks = () =>
  useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await get<{ links: SlackLink[] }>('/slack/links', signal)).links,
  });

export function useSlackLink() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (code: string) => post<SlackLink>('/slack/links', { code }),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useEndSlackLink() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (account: string) => post<SlackLink>(`/slack/links/${encodeURIComponent(account)}/end`),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}
