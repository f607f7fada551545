// What the person who is logged in may do.
import { useSession } from '../api/queries';
import type { Role } from '../api/types';

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** Whether the person has at least this role. The server decides; this only spares them a refusal. */
export function useMay(role: Role): boolean {
  const session = useSession().data;
  return Boolean(session?.role) && RANK[session?.role as Role] >= RANK[role];
}
