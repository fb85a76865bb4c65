// The practitioner's end of the keys, of the conversation, of files, photographs and pointing, for mock.js.
import { Log } from "../src/chat";
import { Easel } from "../src/easel";
import { Files } from "../src/files";
import { Pointing } from "../src/pointing";
import { Group } from "../src/seal/group";
import { Transforms } from "../src/seal/transforms";
import { words } from "../src/seal/words";
import { Share } from "../src/share";
import { decode, encode } from "../src/snapshot";

(window as unknown as { ends: unknown }).ends = { Easel, Files, Group, Log, Pointing, Share, Transforms, words, snapshot: { decode, encode } };
