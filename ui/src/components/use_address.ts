// What a page is told by its address, and how it writes there what a person chose: so that it can be shared.
import { useSearchParams } from 'react-router-dom';

/** The value of a parameter, "" for none; and a way to set some: "" takes one away. */
export function useAddress(): [(name: string) => string, (change: Record<string, string>) => void] {
  const [address, setAddress] = useSearchParams();
  const put = (change: Record<string, string>) =>
    setAddress(
      (now) => {
        const next = new URLSearchParams(now);
        for (const [name, value] of Object.entries(change)) {
          if (value === '') next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  return [(name) => address.get(name) ?? '', put];
}
