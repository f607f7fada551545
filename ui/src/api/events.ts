// Follows /capstan/v1/events: says which answers went stale, and whether the connection stands.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { STALE } from './queries';
import { Refresher } from './refresher';
import type { Topic } from './types';

export type Connection = 'connecting' | 'live' | 'lost';

const RETRY_MS = [1_000, 2_000, 5_000, 10_000];

/** Must be mounted once, while somebody is logged in. */
export function useEvents(): Connection {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>('connecting');

  useEffect(() => {
    let source: EventSource | null = null;
    let timer: number | undefined;
    let failures = 0;
    let ended = false;
    const refresher = new Refresher(
      (key) => void client.invalidateQueries({ queryKey: [key] }, { cancelRefetch: false }),
      (key) => client.isFetching({ queryKey: [key] }) > 0,
    );

    const open = () => {
      source = new EventSource('/capstan/v1/events');
      source.onopen = () => {
        // What happened while nobody listened is unknown, so everything is asked for anew.
        if (failures > 0) void client.invalidateQueries();
        failures = 0;
        setConnection('live');
      };
      source.onerror = () => {
        // The browser's own retry gives up on some failures (401, 502), so this one is used for all.
        source?.close();
        if (ended) return;
        setConnection('lost');
        if (failures === 0) void client.invalidateQueries({ queryKey: ['session'] });
        timer = window.setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
        failures += 1;
      };
      source.addEventListener('changed', (event: MessageEvent<string>) => {
        const topic = topicOf(event.data);
        for (const key of topic ? (STALE[topic] ?? []) : []) refresher.stale(key);
      });
    };

    open();
    return () => {
      ended = true;
      window.clearTimeout(timer);
      refresher.stop();
      source?.close();
    };
  }, [client]);

  return connection;
}

function topicOf(data: string): Topic | null {
  try {
    return (JSON.parse(data) as { topic: Topic }).topic;
  } catch {
    return null;
  }
}
