// How much of the line our pictures may take, while a screen is shown beside the camera and
// without one.

/** What a screen may take, and the camera beside it, bit/s: a screen is read, a face is seen. */
const screenMost = 2500000;
const cameraBeside = 200000;

/** Kind of picture that a sender sends. */
export type Picture = "video" | "screen";

interface Parameters {
  encodings?: { maxBitrate?: number }[];
  /** degradationPreference of mst-content-hint: engines that do not know it leave it out. */
  degradationPreference?: string;
}

/** tuned changes the parameters of a sender: a screen keeps its size, so that text stays
 * readable; the camera gives way while one is shown. It answers false when nothing changes. */
export function tuned(p: Parameters, kind: Picture, sharing: boolean): boolean {
  const one = (p.encodings || [])[0];
  if (!one) {
    return false; // not negotiated yet
  }
  const most = kind === "screen" ? screenMost : sharing ? cameraBeside : undefined;
  const keeps = kind === "screen" ? "maintain-resolution" : p.degradationPreference;
  if (one.maxBitrate === most && p.degradationPreference === keeps) {
    return false;
  }
  if (most === undefined) {
    delete one.maxBitrate;
  } else {
    one.maxBitrate = most;
  }
  if (keeps !== undefined) {
    p.degradationPreference = keeps;
  }
  return true;
}

/** tune applies that; an engine that refuses sends as it sees fit. */
export function tune(sender: RTCRtpSender | null, kind: Picture, sharing: boolean): void {
  if (!sender || !sender.getParameters || !sender.setParameters) {
    return;
  }
  try {
    const p = sender.getParameters();
    if (tuned(p as Parameters, kind, sharing)) {
      sender.setParameters(p).catch(() => undefined);
    }
  } catch (e) {
    // Older engines throw instead.
  }
}
