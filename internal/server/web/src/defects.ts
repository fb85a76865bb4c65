// Known defects of certain versions of browsers that matter in a call, each from a published source.
// What is here warns, calmly; it locks nobody out. Engines that cannot do it at all are old.js's.

/** Harm is what a defect does: the text defect.HARM. */
export type Harm = "sound" | "files" | "reload";

export interface Defect {
  harm: Harm;
  /** agent: every one of these is found in the browser's name for itself. */
  agent: RegExp[];
  /** source is where it was published, day when (YYYY-MM-DD), empty where the source has none. */
  source: string;
  day: string;
}

const safari = (version: string) => new RegExp(`Macintosh.* Version/${version.replace(/\./g, "\\.")} Safari/`);
/** ios: all browsers there have the system's engine. */
const ios = (version: string) => new RegExp(`(?:iPhone|CPU) OS ${version.replace(/\./g, "_")} like Mac OS X`);

const stutter = "https://github.com/twilio/twilio-video.js/issues/1296 and https://bugs.webkit.org/show_bug.cgi?id=218762";
const sealed = "https://github.com/webrtc/samples/issues/1574";
const table = "note 4 of the table of browsers in the first source document";

/** defects: all that fit are told. */
export const defects: Defect[] = [
  { harm: "sound", agent: [ios("14.2")], source: stutter, day: "2020-11-30" },
  { harm: "sound", agent: [safari("14.0.1")], source: stutter, day: "2020-11-30" },
  { harm: "files", agent: [safari("14.0.1"), /Mac OS X 10_14_6\b/], source: table, day: "" },
  { harm: "reload", agent: [safari("16.0")], source: sealed, day: "2022-09-23" },
];

/** known lists what is wrong with a browser, each harm once. */
export function known(agent: string): Harm[] {
  return defects
    .filter((d) => d.agent.every((mark) => mark.test(agent)))
    .map((d) => d.harm)
    .filter((harm, i, all) => all.indexOf(harm) === i);
}
