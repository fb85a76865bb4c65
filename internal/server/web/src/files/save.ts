// How a fetched file leaves the page: by the share sheet where the system has no downloads
// folder that people find (iOS), as a download everywhere else. It is never opened.
import { family } from "../browser";
import { safeName } from "./name";

/** revokeAfter is how long a download may take to begin, ms. */
const revokeAfter = 60000;

type Sharing = Navigator & { canShare?(data: { files: File[] }): boolean; share?(data: { files: File[] }): Promise<void> };

/** save must be called from a click. It answers false when the person changed their mind. */
export async function save(blob: Blob, name: string): Promise<boolean> {
  const safe = safeName(name);
  const to = navigator as Sharing;
  if (family(navigator.userAgent, navigator.maxTouchPoints || 0) === "ios" && to.canShare && to.share) {
    const data = { files: [new File([blob], safe, { type: blob.type })] };
    if (to.canShare(data)) {
      try {
        await to.share(data);
        return true;
      } catch (e) {
        if ((e as Error).name === "AbortError") {
          return false;
        }
        // Some kinds are not shared: they are downloaded.
      }
    }
  }
  // Without a type of its own no browser shows it instead of keeping it.
  const url = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = safe;
  link.rel = "noopener";
  document.body.appendChild(link);
  link.click();
  document.body.removeChild(link);
  setTimeout(() => URL.revokeObjectURL(url), revokeAfter);
  return true;
}
