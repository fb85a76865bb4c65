// The practitioner's end of the keys, of the conversation and of pointing, for mock.js.
import { Log } from "../src/chat";
import { Pointing } from "../src/pointing";
import { Group } from "../src/seal/group";
import { Transforms } from "../src/seal/transforms";
import { words } from "../src/seal/words";
import { Share } from "../src/share";

(window as unknown as { ends: unknown }).ends = { Group, Log, Pointing, Share, Transforms, words };
