// The accents and other marks that stand on a letter: the general category Mn of Unicode 15.0, as
// the desktop's Go counts them. Engines know as many as their year, and the oldest none by name.

// Ranges: how far each begins after the end of the one before and, after a dot, how far it
// reaches; base 36.
const ranges = (
  "lc.33 7o.4 7e.18 2 2.1 2.1 2 21.a 1d.k h 2u.6 3.5 3.1 2.3 10 v.q 2k.a 1n.8 a p.3 2.8 2.2 2.4 18.2 " +
  "1p.7 17.n 2.v 1k 2 5.7 5 4.6 b.1 u 1n 5.3 9 l.1 r 3.1 1m 5.1 5.1 3.2 4 v.1 4 c.1 1m 5.4 2.1 5 l.1 " +
  "n.5 2 1n 3 2.3 9 8.1 c.1 v 1q d 1f 4 1k 2.2 6.2 2.3 8.1 c.1 u 1n 3 7 6.1 l.1 t.1 1m.1 5.3 9 l.1 u 21 " +
  "8.2 2 2j 3.6 d.7 2r 3.8 c.6 22.1 s 2 2 1k.d 2.4 2.1 6.a 2.z a 2v.3 2.5 2.1 3.1 q.1 5.2 h.3 e 3.1 7 g " +
  "jk.2 qb.2 u.1 v.1 v.1 1t.1 2.6 9 3.a a 1a.2 2 3a.1 z 3b.2 5.1 a 7.2 64.1 3 1n 2.6 2 2 3.7 7.9 3 1d.d " +
  "2.f 1e.3 1d 2.4 2 6 15.8 d.1 x.3 3.1 2.2 1l 2.1 4 2.2 1n.7 3.1 49.2 2.c 2.6 5 7 4.1 5j.1r k1.c 5 4.b " +
  "2db.2 3y 2p.v ff.3 30.1 n9x 5.9 x.1 29.1 7l 4 5 q.1 6 48.1 r.h e 13.7 q.a 1b.2 1d 3.3 3.1 14 1w.5 " +
  "3.1 3.1 d 9 1c 1g 2.2 3.1 6.1 2 17.1 9 6n 3 5 fn5 ki.f h.f r2 6b 46.4 1af.2 2.1 6.3 15.2 5 4m.1 fy.3 " +
  "as.1 29.2 1z.a 1e.3 3g 1j.e 16 3.1 b.2 1e.3 3.1 8 1q.2 11.4 2.7 1r d.1 1h.8 b.3 3 2o.2 3 2.1 7 3 4e " +
  "4.7 m.1 1m.1 4 12.6 4.4 5g.7 3.2 2 o 2d.5 2 5.1 2.1 6n.3 7.1 2.1 s.1 2e.7 3 2.1 2z 2 3.5 2 2u.2 3.3 " +
  "2.4 78.8 2.1 75.1 2 5 41.3 3.1 5 x.9 15.5 3.3 9 a.5 3.2 1b.c 2.1 bb.6 2.5 2 2b.l 3.6 2.1 2.1 3f.5 4 " +
  "2.1 2.6 2 21.1 4 2 9o.1 c.1 1h.4 6 2 45a 7.e asb.4 1o.6 t5 1s.3 2a f5l.1 3mq.19 3.m f5.2 i.7 3.6 v.3 " +
  "45.2 1j0.1i 5.1d 9 f n.4 2.e 11t.6 2.g 3.6 2.1 2.4 2t 4h.6 ag 1q.3 e5.3 rl.6 32.6 gzhy.6n"
).split(" ");

/** bounds are those of the ranges, first and last code point in turn. */
function bounds(): number[] {
  const all: number[] = [];
  let at = 0;
  for (const range of ranges) {
    const [gap, length] = range.split(".").map((n) => parseInt(n, 36));
    all.push(at + gap, at + gap + (length || 0));
    at = all[all.length - 1];
  }
  return all;
}

const known = bounds();

/** mark tells whether a code point stands on the letter before it. */
export function mark(code: number): boolean {
  let low = 0;
  let high = known.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (known[2 * middle + 1] < code) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return 2 * low < known.length && known[2 * low] <= code;
}
