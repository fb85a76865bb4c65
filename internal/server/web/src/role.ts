// What follows from a role, as in internal/call/wire.
import type { Role } from "./wire.gen";

/** watches tells whether somebody of this role only watches: neither seen nor heard, and they
 * write nothing. */
export function watches(role: Role | ""): boolean {
  return role === "observer";
}
