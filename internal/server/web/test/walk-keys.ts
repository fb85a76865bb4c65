// The practitioner's end of the keys, for mock.js.
import { Group } from "../src/seal/group";
import { Transforms } from "../src/seal/transforms";
import { words } from "../src/seal/words";

(window as unknown as { ends: unknown }).ends = { Group, Transforms, words };
