// What a verb is called for people; its name where nobody knows it (any more).
import { useVerbs } from '../api/queries';

export function useVerbTitle(): (verb: string) => string {
  const { data } = useVerbs();
  return (verb) => data?.find(({ name }) => name === verb)?.title ?? verb;
}
