// What the library of HPKE names when it is loaded, and the oldest engines that we promise do
// not have. As we use it, it computes nothing with big numbers, so plain ones stand in; and
// nothing else on the page asks for either.
const world = (typeof self === "undefined" ? globalThis : self) as unknown as { [name: string]: unknown };
for (const [name, stand] of [["globalThis", world], ["BigInt", Number]] as [string, unknown][]) {
  if (!(name in world)) {
    world[name] = stand;
  }
}

export {};
