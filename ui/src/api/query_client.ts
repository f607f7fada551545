// The cache of answers. An answer of 401 anywhere means the session ended: it is asked for anew, and the login shows.
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

import { ApiError } from './client';

export function createQueryClient(): QueryClient {
  const onError = (error: unknown) => {
    if (error instanceof ApiError && error.status === 401)
      void client.invalidateQueries({ queryKey: ['session'] });
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 1_000,
        refetchOnWindowFocus: false,
        // What the server refused it refuses again; only a lost connection is worth another try.
        retry: (failures, error) =>
          error instanceof ApiError && (error.status === 0 || error.status === 503) && failures < 2,
        // The server may be on this very machine, so being offline says nothing.
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
  return client;
}
