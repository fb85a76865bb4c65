// The practitioner's end of the keys and of the conversation, for mock.js.
import { Log } from "../src/chat";
import { Group } from "../src/seal/group";
import { Transforms } from "../src/seal/transforms";
import { words } from "../src/seal/words";
import { Share } from "../src/share";

(window as unknown as { ends: unknown }).ends = { Group, Log, Share, Transforms, words };
