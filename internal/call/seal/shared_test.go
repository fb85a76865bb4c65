package seal

import (
	"bytes"
	"crypto/hpke"
	"encoding/json"
	"os"
	"testing"

	"ekermed.example/ekermed/internal/call/wire"
)

// shared are the vectors that the page's twin is checked against too. They are made by
// UPDATE_VECTORS=1 go test -run Shared, once for each change of the protocol.
type shared struct {
	Low, High  party
	Transcript string
	Code       Code
	// LowIV is that of what low tells high; Sealed is Plain under its key.
	LowIV         string
	Plain, Sealed string
	Topic, Data   string // Plain once more, as the next message, of a feature
	Frames        []sharedFrame
}

type party struct {
	ID                                      string
	Private, Public, Nonce, Commitment, Enc string
}

type sharedFrame struct {
	Kind          wire.Kind
	Base          string
	Kid, Ctr      uint64
	Plain, Sealed string
}

func TestSharedVectors(t *testing.T) {
	if os.Getenv("UPDATE_VECTORS") != "" {
		b, err := json.MarshalIndent(makeShared(t), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/shared.json", append(b, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var v shared
	load(t, "shared.json", &v)
	low, high := v.pair(t, v.Low, v.High), v.pair(t, v.High, v.Low)
	for _, side := range []struct {
		pair   *pair
		me, to party
	}{{low, v.Low, v.High}, {high, v.High, v.Low}} {
		if side.pair.commit().Commitment != side.me.Commitment {
			t.Errorf("%s commits to %s", side.me.ID, side.pair.commit().Commitment)
		}
		side.pair.theirCommit = decode(side.to.Commitment)
		if _, err := side.pair.revealed(wire.Reveal{Key: side.to.Public, Nonce: side.to.Nonce}); err != nil {
			t.Fatal(err)
		}
		if encode(side.pair.transcript) != v.Transcript || side.pair.code() != v.Code {
			t.Errorf("%s: transcript %x, code %v", side.me.ID, side.pair.transcript, side.pair.code())
		}
	}
	// What each encapsulated cannot be made again; the other side opens it.
	low.ours, high.ours = v.export(t, v.High, v.Low), v.export(t, v.Low, v.High)
	for _, side := range []struct {
		pair *pair
		enc  string
	}{{low, v.High.Enc}, {high, v.Low.Enc}} {
		if err := side.pair.encapsulated(wire.Encapsulate{Enc: side.enc}); err != nil {
			t.Fatal(err)
		}
	}
	if got := low.out.seal([]byte(v.Plain), nil); got != v.Sealed {
		t.Errorf("sealed %s", got)
	}
	if got, err := high.in.open(v.Sealed, nil); err != nil || string(got) != v.Plain {
		t.Errorf("opened %q %v", got, err)
	}
	if got := low.out.seal([]byte(v.Plain), aside(wire.Topic(v.Topic), false)); got != v.Data {
		t.Errorf("sealed %s", got)
	}
	if _, err := high.in.open(v.Data, aside(wire.Topic(v.Topic), true)); err != errForged {
		t.Errorf("under another topic: %v", err)
	}
	if got, err := high.in.open(v.Data, aside(wire.Topic(v.Topic), false)); err != nil || string(got) != v.Plain {
		t.Errorf("opened %q %v", got, err)
	}
	if encode(low.out.iv[:]) != v.LowIV {
		t.Errorf("iv %x", low.out.iv)
	}
	for _, f := range v.Frames {
		k, err := newFrameKey(decode(f.Base), f.Kid)
		if err != nil {
			t.Fatal(err)
		}
		plain := decode(f.Plain)
		n := clearBytes(f.Kind)
		got := k.seal(bytes.Clone(plain[:n]), f.Ctr, metadata(f.Kind, plain[:n]), plain[n:])
		if encode(got) != f.Sealed {
			t.Errorf("%+v: sealed %s", f, encode(got))
		}
	}
}

func (v shared) pair(t *testing.T, me, other party) *pair {
	t.Helper()
	key, err := kem().NewPrivateKey(decode(me.Private))
	if err != nil {
		t.Fatal(err)
	}
	p := newPair(me.ID, other.ID, key)
	copy(p.nonce[:], decode(me.Nonce))
	return p
}

// export opens what from sent to.
func (v shared) export(t *testing.T, to, from party) []byte {
	t.Helper()
	key, err := kem().NewPrivateKey(decode(to.Private))
	if err != nil {
		t.Fatal(err)
	}
	info := append([]byte(labelPair), decode(v.Transcript)...)
	r, err := hpke.NewRecipient(decode(from.Enc), key, hpke.HKDFSHA256(), hpke.AES128GCM(), info)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := r.Export(labelExport, randomSize)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func makeShared(t *testing.T) shared {
	t.Helper()
	v := shared{Low: party{ID: "anne"}, High: party{ID: "björn"}, Plain: `{"have":7}`}
	pairs := map[*party]*pair{}
	for me, other := range map[*party]*party{&v.Low: &v.High, &v.High: &v.Low} {
		key, err := kem().GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		private, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		p := newPair(me.ID, other.ID, key)
		pairs[me] = p
		me.Private, me.Public = encode(private), encode(key.PublicKey().Bytes())
		me.Nonce, me.Commitment = encode(p.nonce[:]), p.commit().Commitment
	}
	for me, other := range map[*party]*party{&v.Low: &v.High, &v.High: &v.Low} {
		pairs[me].theirCommit = decode(other.Commitment)
		enc, err := pairs[me].revealed(wire.Reveal{Key: other.Public, Nonce: other.Nonce})
		if err != nil {
			t.Fatal(err)
		}
		me.Enc = enc.Enc
	}
	low := pairs[&v.Low]
	v.Transcript, v.Code = encode(low.transcript), low.code()
	if err := low.encapsulated(wire.Encapsulate{Enc: v.High.Enc}); err != nil {
		t.Fatal(err)
	}
	v.Sealed, v.LowIV = low.out.seal([]byte(v.Plain), nil), encode(low.out.iv[:])
	v.Topic, v.Data = string(wire.TopicBoard), low.out.seal([]byte(v.Plain), aside(wire.TopicBoard, false))
	for _, f := range []sharedFrame{
		{Kind: wire.Audio, Kid: 1, Ctr: 0, Plain: encode([]byte{0xfc, 1, 2, 3})},
		{Kind: wire.Audio, Kid: 300, Ctr: 70000, Plain: encode([]byte{0xfc})},
		{Kind: wire.Video, Kid: 7, Ctr: 8, Plain: encode([]byte{0x10, 2, 0, 0x9d, 1, 0x2a})},
		{Kind: wire.Video, Kid: 1 << 31, Ctr: 1<<40 + 1, Plain: encode([]byte{0x11})},
		{Kind: wire.Screen, Kid: 9, Ctr: 3, Plain: encode([]byte{0x10, 5, 6, 7})},
	} {
		f.Base = encode(bytes.Repeat([]byte{byte(f.Kid)}, KeySize))
		k, err := newFrameKey(decode(f.Base), f.Kid)
		if err != nil {
			t.Fatal(err)
		}
		plain := decode(f.Plain)
		n := clearBytes(f.Kind)
		f.Sealed = encode(k.seal(bytes.Clone(plain[:n]), f.Ctr, metadata(f.Kind, plain[:n]), plain[n:]))
		v.Frames = append(v.Frames, f)
	}
	return v
}
