package board

// remembered is how many changes a painter may lag behind before it draws everything.
const remembered = 256

// damage remembers which parts of the page changed last, for painters that draw only
// these again.
type damage struct {
	version uint64
	parts   []Box // of the last versions since everything changed, the newest last
}

func (d *damage) part(b Box) {
	d.version++
	d.parts = append(d.parts, b)
	if len(d.parts) >= 2*remembered {
		d.parts = append(d.parts[:0], d.parts[remembered:]...)
	}
}

func (d *damage) all() {
	d.version++
	d.parts = d.parts[:0]
}

func (d *damage) since(v uint64) (parts []Box, all bool) {
	if v >= d.version {
		return nil, false
	}
	n := d.version - v
	if n > uint64(len(d.parts)) {
		return nil, true
	}
	return d.parts[uint64(len(d.parts))-n:], false
}
