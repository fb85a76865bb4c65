// The practitioner's end of the keys and of the conversation, for mock.js.
import { Log } from "../src/chat";
import { Easel } from "../src/easel";
import { Group } from "../src/seal/group";
import { Transforms } from "../src/seal/transforms";
import { words } from "../src/seal/words";
import { Share } from "../src/share";

(window as unknown as { ends: unknown }).ends = { Easel, Group, Log, Share, Transforms, words };
