// A headset that is plugged in, or comes over Bluetooth, during a call: browsers keep to the
// microphone they have, so it is offered.
import type { Devices } from "./media";

/** Headset is a microphone that came, and the speaker of the same device, "" when it has none. */
export interface Headset {
  microphone: string;
  speaker: string;
  label: string;
}

/** plugged answers which headset to offer now. offered is the one before: it stays until it goes,
 * or is used. Devices of which nothing was known before are none that came: without leave to use
 * them browsers tell no names. */
export function plugged(before: Devices, now: Devices, offered: Headset | null): Headset | null {
  if (offered && offered.microphone !== now.microphone && now.microphones.some((d) => d.id === offered.microphone)) {
    return offered;
  }
  // Some browsers list one device again as the system's choice.
  const real = (d: { id: string; label: string }) => d.id !== "default" && d.id !== "communications" && d.label !== "";
  if (!before.microphones.some(real)) {
    return null;
  }
  const came = now.microphones.filter((d) => real(d) && d.id !== now.microphone && !before.microphones.some((b) => b.id === d.id))[0];
  if (!came) {
    return null;
  }
  const speaker = now.speakers.filter((d) => real(d) && d.group !== "" && d.group === came.group)[0];
  return { microphone: came.id, speaker: speaker ? speaker.id : "", label: came.label };
}
