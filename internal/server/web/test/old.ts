// Two groups agree, in an engine that a test has made as old as the oldest that we promise.
import { Group, type Agreement } from "../src/seal/group";

(self as unknown as { agree(): Promise<string> }).agree = async () => {
  const groups: { [id: string]: Group } = {};
  const ids = ["a", "b"];
  ids.forEach((id, i) => {
    const other = ids[1 - i];
    groups[id] = new Group({
      frames: null, changed: () => undefined, now: () => 1,
      send: (m) => void groups[other].receive({ type: m.type, data: { ...m.data, peer: id } } as Agreement),
    });
  });
  for (const id of ids) {
    await groups[id].enter(id, 0, false);
  }
  await Promise.all(ids.map((id, i) => groups[id].meets([{ id: ids[1 - i], keys: true, seal: false }])));
  for (let i = 0; i < 8; i++) {
    await groups.a.idle();
    await groups.b.idle();
  }
  return ids.map((id) => groups[id].pairings()[0].standing).join(" ");
};
